import type { ExperimentCase } from '../experiment/schema.ts';
import type { ProgressState } from '../report/progress-view.ts';
import { toxicInWords } from '../report/toxic-words.ts';
import { GAP_S, type PlannedPhase } from './plan.ts';
import type { CaseTick } from './run-case.ts';

export interface ProgressInput {
  readonly one: ExperimentCase;
  /** From 0. */
  readonly index: number;
  readonly cases: number;
  readonly plan: readonly PlannedPhase[];
  readonly tick: CaseTick;
}

/** What the live view shows of a tick. A phase's gap counts as its end. */
export function progressOf({ one, index, cases, plan, tick }: ProgressInput): ProgressState {
  const { elapsedS, disturbed, sent, sentLately } = tick;
  const phase = plan.findLast(({ startS }) => elapsedS >= startS) ?? plan[0];
  return {
    case: index + 1,
    cases,
    title: one.title,
    phase: phase?.name ?? '',
    phaseElapsedS: Math.max(0, elapsedS - (phase?.startS ?? 0)),
    phaseS: (phase?.durationS ?? 0) + GAP_S,
    toxics: [...one.throughout, ...(disturbed ? one.toxics : [])].map(toxicInWords),
    figures: [
      { label: 'sent', text: String(sent) },
      { label: 'now', text: `${sentLately}/s` },
    ],
  };
}
