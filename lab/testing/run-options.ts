import type { RunOptions } from '../run/options.ts';

/** As without a flag, but for what differs. */
export const runOptions = (differs: Partial<RunOptions> = {}): RunOptions => ({
  durationS: undefined,
  rates: undefined,
  seed: 1,
  caseName: undefined,
  mutant: undefined,
  running: false,
  keep: false,
  ...differs,
});
