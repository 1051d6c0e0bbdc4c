import type { PhaseName } from '../lab-result.ts';

/** In the order of a run. */
export const PHASE_NAMES: readonly PhaseName[] = ['baseline', 'fault', 'recovery'];

/** The phases as readers know them. */
export const PHASE_WORDS: Readonly<Record<PhaseName, string>> = {
  baseline: 'baseline',
  fault: 'under fault',
  recovery: 'after',
};
