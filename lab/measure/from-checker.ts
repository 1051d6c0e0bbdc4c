import { type Counts, type Fate, type History, traceFates, type Verdict } from '../checker/index.ts';
import { type PhaseWindow, type Selector, type SeriesPoint, type Statistic, WHOLE_RUN } from './selector.ts';
import { type MetricSource, perSecond, seconds, spread, valuesOf } from './spread.ts';
import { isStageMetric, type StageVerdicts, stageFigure } from './stage-figures.ts';

/** A case's history, and what the checkers said of it, with the phases for groups. */
export interface CheckedDelivery extends StageVerdicts {
  readonly history: History;
  readonly verdict: Verdict;
}

type CountField = Exclude<keyof Counts, 'latencyMs' | 'surplus' | 'wrongKey'>;

/** What is counted of messages, each with the count that it is of a phase; see lab/checker/verdict.ts for what they mean. */
const countsOf = (subject: string, delivered: string): readonly (readonly [string, CountField])[] => [
  [`${subject}_sent`, 'sent'],
  [`${subject}_acknowledged`, 'acknowledged'],
  [`${subject}_${delivered}`, 'delivered'],
  [`${subject}_lost`, 'lost'],
  [`${subject}_lost_acknowledged`, 'lostAcknowledged'],
  [`${subject}_duplicated`, 'duplicated'],
  [`${subject}_phantom`, 'phantom'],
  [`${subject}_out_of_order`, 'outOfOrder'],
];
const COUNTS: ReadonlyMap<string, CountField> = new Map([
  ...countsOf('alerts', 'delivered'),
  ...countsOf('purchases', 'decided'),
  ...countsOf('events', 'ended'),
]);
/** From sending to the first delivery. */
const LATENCIES: ReadonlySet<string> = new Set(['delivery_latency_ms', 'decision_latency_ms', 'ending_latency_ms']);
export const isCheckerMetric = (metric: string) => LATENCIES.has(metric) || COUNTS.has(metric) || isStageMetric(metric);

/**
 * Answers from the checker's counts of a phase. `share` is that of the messages sent in it. In a phase without a message nothing was
 * measured. In a series a message shows when it was sent (sent, acknowledged, lost, out of order) or first delivered (the others).
 */
export function checkerSource(
  checked: CheckedDelivery,
  load: { readonly startedAtMs: number; readonly lastAtMs: () => number },
): MetricSource<Selector, PhaseWindow> {
  const { history, verdict } = checked;
  return {
    figure(selector, phase) {
      const { metric, statistic } = selector;
      const { name, fromMs, toMs } = phase;
      const ofStage = stageFigure(checked, selector, phase);
      if (ofStage) return ofStage;
      const counts = name === WHOLE_RUN ? verdict.all : verdict.groups.get(name);
      if (!counts || (counts.sent === 0 && counts.phantom === 0)) {
        return { value: undefined, note: `no message was sent in ${name}` };
      }
      const field = COUNTS.get(metric);
      const value = field
        ? countValue(counts[field], counts.sent, statistic, seconds(fromMs, toMs))
        : latencyValue(counts, statistic, seconds(fromMs, toMs));
      if (value !== undefined) return { value };
      const note = field ? `${metric} has no ${statistic}` : `no ${statistic} of ${metric} in ${name}`;
      return { value, note };
    },
    series({ metric, statistic }): SeriesPoint[] {
      if (isStageMetric(metric)) return [];
      const { startedAtMs } = load;
      const field = COUNTS.get(metric);
      const events = [...eventsOf(field, history)];
      return perSecond(events, startedAtMs, load.lastAtMs(), (inSecond) => {
        if (statistic === 'count' || statistic === 'rate') return inSecond.length;
        return field ? undefined : spread(valuesOf(inSecond.map(({ latencyMs }) => latencyMs)), statistic);
      });
    },
  };
}

function countValue(count: number, sent: number, statistic: Statistic, lengthS: number): number | undefined {
  if (statistic === 'count') return count;
  if (statistic === 'rate') return count / lengthS;
  return statistic === 'share' && sent > 0 ? count / sent : undefined;
}

function latencyValue({ latencyMs }: Counts, statistic: Statistic, lengthS: number): number | undefined {
  const count = latencyMs?.count ?? 0;
  if (statistic === 'rate') return count / lengthS;
  if (statistic === 'count') return count;
  const none = statistic === 'share' || statistic === 'last' || statistic === 'peakAt';
  return none ? undefined : latencyMs?.[statistic];
}

interface Event {
  readonly atMs: number;
  readonly latencyMs: number;
}

/** When what is counted happened; undefined: first deliveries, with their latency. */
function* eventsOf(field: CountField | undefined, history: History): Generator<Event> {
  const { messages, phantoms } = traceFates(history);
  if (field === 'phantom') {
    for (const { atMs } of phantoms) yield { atMs, latencyMs: Number.NaN };
    return;
  }
  for (const fate of messages.values()) {
    const atMs = instantOf(field, fate);
    const latencyMs = (fate.firstDeliveredAtMs ?? Number.NaN) - fate.message.atMs;
    if (atMs !== undefined) yield { atMs, latencyMs };
  }
}

function instantOf(field: CountField | undefined, fate: Fate): number | undefined {
  const { message, acknowledged, deliveries, firstDeliveredAtMs, outOfOrder } = fate;
  const sentIf = (counts: boolean) => (counts ? message.atMs : undefined);
  if (field === 'sent') return message.atMs;
  if (field === 'acknowledged') return sentIf(acknowledged);
  if (field === 'lost') return sentIf(deliveries === 0);
  if (field === 'lostAcknowledged') return sentIf(deliveries === 0 && acknowledged);
  if (field === 'outOfOrder') return sentIf(outOfOrder);
  if (field === 'duplicated') return deliveries > 1 ? firstDeliveredAtMs : undefined;
  return firstDeliveredAtMs;
}
