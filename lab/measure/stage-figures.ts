import type { ConservationVerdict } from '../conservation/check-conservation.ts';
import type { IdleEvent, LanesVerdict } from '../lanes/check-lanes.ts';
import { type Figure, type PhaseWindow, type Selector, WHOLE_RUN } from './selector.ts';
import { spread, valuesOf } from './spread.ts';

/** What a stage tells of itself when all is over, checked. */
export interface StageVerdicts {
  /** Of a stage that keeps books. */
  readonly conservation?: ConservationVerdict | undefined;
  /** Of a stage that lists its attempts. */
  readonly lanes?: LanesVerdict | undefined;
}

const counted = (violations: readonly { readonly count: number }[]) =>
  violations.reduce((sum, { count }) => sum + count, 0);
const OUTCOMES = ['processed', 'failed', 'dead', 'returned', 'lost'];

/** Counts of the whole run; undefined where the stage tells nothing of the kind. */
const OF_RUN: ReadonlyMap<string, (stage: StageVerdicts) => number | undefined> = new Map([
  ['stock_breaches', ({ conservation }) => conservation && counted(conservation.violations)],
  ['stock_oversold_units', ({ conservation }) => conservation?.oversoldUnits],
  ['lane_breaches', ({ lanes }) => lanes && counted(lanes.violations)],
  ...OUTCOMES.map((outcome): [string, (stage: StageVerdicts) => number | undefined] => [
    `attempts_${outcome}`,
    ({ lanes }) => lanes && (lanes.outcomes.get(outcome) ?? 0),
  ]),
]);
/** Of events whose patient had nothing else to do, in the phase in which they were accepted. */
const OF_IDLE: ReadonlyMap<string, (event: IdleEvent) => number> = new Map([
  ['idle_event_latency_ms', ({ latencyMs }: IdleEvent) => latencyMs],
  ['idle_event_work_ms', ({ workMs }: IdleEvent) => workMs],
]);

export const isStageMetric = (metric: string) => OF_RUN.has(metric) || OF_IDLE.has(metric);

/** The figure, or why there is none; undefined for a metric of another kind. */
export function stageFigure(
  stage: StageVerdicts,
  { metric, statistic }: Selector,
  { name, fromMs, toMs }: PhaseWindow,
): Figure | undefined {
  const ofRun = OF_RUN.get(metric);
  if (ofRun) {
    if (statistic !== 'count') return { value: undefined, note: `${metric} has no ${statistic}` };
    if (name !== WHOLE_RUN) return { value: undefined, note: `${metric} is of the whole run` };
    const value = ofRun(stage);
    return value === undefined ? { value, note: 'the stage’s own list of it was not read' } : { value };
  }
  const ofIdle = OF_IDLE.get(metric);
  if (!ofIdle) return undefined;
  const events = stage.lanes?.idle.filter(({ acceptedAtMs }) => acceptedAtMs >= fromMs && acceptedAtMs < toMs) ?? [];
  const value = spread(valuesOf(events.map(ofIdle)), statistic);
  return value === undefined ? { value, note: `no ${statistic} of ${metric} in ${name}` } : { value };
}
