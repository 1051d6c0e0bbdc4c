/** The spread of a set of numbers. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * The quantile of numbers in ascending order, interpolated between the two nearest ranks (what k6 and NumPy's default do).
 * @param share 0 to 1; 0.95 is p95
 * @returns undefined for no numbers
 */
export function quantile(ascending: ArrayLike<number>, share: number): number | undefined {
  const rank = (ascending.length - 1) * share;
  const below = ascending[Math.floor(rank)];
  const above = ascending[Math.ceil(rank)];
  if (below === undefined || above === undefined) return undefined;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** @returns undefined for no numbers */
export function distribution(values: readonly number[]): Distribution | undefined {
  const ascending = new Float64Array(values).sort();
  const at = (share: number) => quantile(ascending, share) ?? Number.NaN;
  if (ascending.length === 0) return undefined;
  const mean = ascending.reduce((sum, value) => sum + value, 0) / ascending.length;
  return { count: ascending.length, mean, min: at(0), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
