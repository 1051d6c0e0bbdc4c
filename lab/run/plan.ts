import { planPhases as planLoad } from '../../k6/lib/phases.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { PhaseName, PhaseSpan } from '../lab-result.ts';
import { type PhaseWindow, WHOLE_RUN } from '../measure/selector.ts';
import { PHASE_NAMES } from '../report/phase-words.ts';

const MS_PER_S = 1_000;
/** Before the baseline: the load script opens its connections. */
const LEAD_S = 3;
/** Nothing is sent between two phases: what is in flight ends, the faults change, and who lost a connection comes back. */
export const GAP_S = 6;
/** How long after the last message the faults stay: what was sent under them ends under them (the functions' limit is 2 s). */
const DRAIN_S = 2.5;

/** How long before the first message the faults are in. */
const FAULT_LEAD_S = 1;

/** A phase as the load scripts take it (k6/lib/phases.ts). */
export interface PlannedPhase {
  readonly name: PhaseName;
  readonly startS: number;
  readonly durationS: number;
  /** A second; the phase is divided evenly over them. */
  readonly rates: readonly number[];
}

/** @throws PermanentError `argument` for a load that cannot be sent exactly, as 3 messages a second for half a second */
export function planPhases(
  durationS: number,
  rates: readonly number[],
  phaseRates: Readonly<Partial<Record<PhaseName, readonly number[] | undefined>>> = {},
): PlannedPhase[] {
  const plan = PHASE_NAMES.map((name, index) => ({
    name,
    startS: LEAD_S + index * (durationS + GAP_S),
    durationS,
    rates: phaseRates[name] ?? rates,
  }));
  try {
    planLoad(plan);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PermanentError('argument', `This load cannot be applied: ${reason}. Change --duration or --rate.`);
  }
  return plan;
}

export const spansOf = (plan: readonly PlannedPhase[]): PhaseSpan[] =>
  plan.map(({ name, startS, durationS }) => ({ name, fromS: startS, toS: startS + durationS }));

/** The phases on the wall clock. Counters are read when what was sent in a phase has had its effect. */
export function windowsOf(plan: readonly PlannedPhase[], startMs: number): PhaseWindow[] {
  return spansOf(plan).map(({ name, fromS, toS }) => ({
    name,
    fromMs: startMs + fromS * MS_PER_S,
    toMs: startMs + toS * MS_PER_S,
    settledMs: startMs + (toS + DRAIN_S) * MS_PER_S,
  }));
}

/**
 * When the faults go in and come out: in the quiet before and after the fault phase; `byS` is its first message, `outByS` the first one
 * after it. Seconds since the load began.
 */
export function faultWindow(plan: readonly PlannedPhase[]): { inS: number; byS: number; outS: number; outByS: number } {
  const at = plan.findIndex(({ name }) => name === 'fault');
  const fault = plan[at];
  if (!fault) throw new RangeError('a plan has a fault phase');
  const endS = fault.startS + fault.durationS;
  const outByS = plan[at + 1]?.startS ?? Number.POSITIVE_INFINITY;
  return { inS: fault.startS - FAULT_LEAD_S, byS: fault.startS, outS: endS + DRAIN_S, outByS };
}

/** All phases as one, counters read when all that was sent has had its effect. */
export function wholeRun(windows: readonly PhaseWindow[], settledMs: number): PhaseWindow {
  const [first, last] = [windows[0], windows.at(-1)];
  if (!first || !last) throw new RangeError('a plan has phases');
  return { name: WHOLE_RUN, fromMs: first.fromMs, toMs: last.toMs, settledMs };
}

export function totalSeconds(plan: readonly PlannedPhase[]): number {
  return Math.max(...plan.map(({ startS, durationS }) => startS + durationS)) + GAP_S;
}
