/** A sign's last minutes, for a sparkline: times (epoch ms) and values; null: nothing that can be shown. */
export interface Trail {
  readonly atMs: readonly number[];
  readonly values: readonly (number | null)[];
}

/** A point every two seconds over five minutes: a sparkline is not wider than that. */
export const TRAIL_MS = 5 * 60_000;
const POINT_EVERY_MS = 2_000;
const POINTS_MAX = TRAIL_MS / POINT_EVERY_MS;

export function extended(trail: Trail | undefined, atMs: number, value: number | null): Trail {
  if (trail === undefined) return { atMs: [atMs], values: [value] };
  const lastMs = trail.atMs.at(-1) ?? 0;
  if (atMs - lastMs < POINT_EVERY_MS) return trail;
  return {
    atMs: [...trail.atMs.slice(-(POINTS_MAX - 1)), atMs],
    values: [...trail.values.slice(-(POINTS_MAX - 1)), value],
  };
}

/** With what was measured before the first point, in their order. */
export function preceded(trail: Trail | undefined, earlier: Trail): Trail {
  const firstMs = trail?.atMs[0] ?? Number.POSITIVE_INFINITY;
  const lastMs = trail?.atMs.at(-1) ?? earlier.atMs.at(-1) ?? 0;
  const kept = earlier.atMs.flatMap((atMs, index) =>
    atMs < firstMs && atMs > lastMs - TRAIL_MS ? [{ atMs, value: earlier.values[index] ?? null }] : [],
  );
  return {
    atMs: [...kept.map(({ atMs }) => atMs), ...(trail?.atMs ?? [])],
    values: [...kept.map(({ value }) => value), ...(trail?.values ?? [])],
  };
}
