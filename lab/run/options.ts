/** The seed of a run that names none: the figures in the README come from it. */
export const DEFAULT_SEED = 1;
export const SEED_RANGE = { from: 0, to: 2 ** 31 - 1, whole: true } as const;
export const DURATION_RANGE_S = { from: 4, to: 3_600 } as const;
export const RATE_RANGE = { from: 1, to: 20_000, whole: true } as const;

/** What a run may set otherwise than its experiment's file says. */
export interface RunOptions {
  /** Seconds of each phase. */
  readonly durationS: number | undefined;
  /** Messages or requests a second, one after the other in each phase. */
  readonly rates: readonly number[] | undefined;
  readonly seed: number;
  /** Only this case. */
  readonly caseName: string | undefined;
  /** Makes the stage wrong on purpose first (lab/mutants). */
  readonly mutant: string | undefined;
  /** Uses the stack that `npm run lab -- start` has started. */
  readonly running: boolean;
  /** Leaves the last case's stack running until it is interrupted. */
  readonly keep: boolean;
}
