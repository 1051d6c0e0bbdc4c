import type { Chart, PhaseName, PhaseSpan } from '../../lab-result.ts';

/** A level of each phase; undefined where nothing is measured. */
export type Levels = Readonly<Record<PhaseName, number | undefined>>;

export const PHASES: readonly PhaseSpan[] = [
  { name: 'baseline', fromS: 0, toS: 40 },
  { name: 'fault', fromS: 40, toS: 80 },
  { name: 'recovery', fromS: 80, toS: 120 },
];

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SPREAD = 0.16;

/** A value each second around the level of its phase, with a gap in the seconds `missing`. */
function around(levels: Levels, seed: number, missing: readonly number[] = []): [number, number | null][] {
  const random = seeded(seed);
  return PHASES.flatMap(({ name, fromS, toS }) =>
    Array.from({ length: toS - fromS }, (_, second): [number, number | null] => {
      const level = levels[name];
      const value = level === undefined ? null : level * (1 + (random() - 0.5) * SPREAD);
      return [fromS + second, missing.includes(fromS + second) ? null : value];
    }),
  );
}

/** A chart with one series a name. */
export function chartOf(
  title: string,
  unit: string,
  series: Readonly<Record<string, Levels>>,
  missing?: number[],
): Chart {
  return {
    title,
    unit,
    series: Object.entries(series).map(([name, levels], index) => ({
      name,
      points: around(levels, title.length * 31 + index, missing),
    })),
  };
}
