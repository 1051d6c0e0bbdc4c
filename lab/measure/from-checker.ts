import { type Counts, type Fate, type History, traceFates, type Verdict } from '../checker/index.ts';
import { type PhaseWindow, type Selector, type SeriesPoint, type Statistic, WHOLE_RUN } from './selector.ts';
import { type MetricSource, perSecond, seconds, spread, valuesOf } from './spread.ts';

/** A case's history, and what the checker said of it with the phases for groups. */
export interface CheckedDelivery {
  readonly history: History;
  readonly verdict: Verdict;
}

/** Metrics of messages, each with the count that it is of a phase; see lab/checker/verdict.ts for what they mean. */
const COUNTS = {
  alerts_sent: 'sent',
  alerts_acknowledged: 'acknowledged',
  alerts_delivered: 'delivered',
  alerts_lost: 'lost',
  alerts_lost_acknowledged: 'lostAcknowledged',
  alerts_duplicated: 'duplicated',
  alerts_phantom: 'phantom',
  alerts_out_of_order: 'outOfOrder',
} as const satisfies Record<string, keyof Counts>;
type CountMetric = keyof typeof COUNTS;

/** From sending to the first delivery. */
const LATENCY = 'delivery_latency_ms';

const isCount = (metric: string): metric is CountMetric => Object.hasOwn(COUNTS, metric);
export const isCheckerMetric = (metric: string) => metric === LATENCY || isCount(metric);

/**
 * Answers from the checker's counts of a phase. `share` is that of the messages sent in it. In a phase without a message nothing was
 * measured. In a series a message shows when it was sent (sent, acknowledged, lost, out of order) or first delivered (the others).
 */
export function checkerSource(
  { history, verdict }: CheckedDelivery,
  load: { readonly startedAtMs: number; readonly lastAtMs: () => number },
): MetricSource<Selector, PhaseWindow> {
  return {
    figure({ metric, statistic }, { name, fromMs, toMs }) {
      const counts = name === WHOLE_RUN ? verdict.all : verdict.groups.get(name);
      if (!counts || (counts.sent === 0 && counts.phantom === 0)) {
        return { value: undefined, note: `no message was sent in ${name}` };
      }
      const value = isCount(metric)
        ? countValue(counts[COUNTS[metric]], counts.sent, statistic, seconds(fromMs, toMs))
        : latencyValue(counts, statistic, seconds(fromMs, toMs));
      if (value !== undefined) return { value };
      const note = isCount(metric) ? `${metric} has no ${statistic}` : `no ${statistic} of ${LATENCY} in ${name}`;
      return { value, note };
    },
    series({ metric, statistic }): SeriesPoint[] {
      const { startedAtMs } = load;
      const events = [...eventsOf(metric, history)];
      return perSecond(events, startedAtMs, load.lastAtMs(), (inSecond) => {
        if (statistic === 'count' || statistic === 'rate') return inSecond.length;
        return isCount(metric) ? undefined : spread(valuesOf(inSecond.map(({ latencyMs }) => latencyMs)), statistic);
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

/** When what the metric counts happened. */
function* eventsOf(metric: string, history: History): Generator<Event> {
  const { messages, phantoms } = traceFates(history);
  if (metric === 'alerts_phantom') {
    for (const { atMs } of phantoms) yield { atMs, latencyMs: Number.NaN };
    return;
  }
  for (const fate of messages.values()) {
    const atMs = instantOf(metric, fate);
    const latencyMs = (fate.firstDeliveredAtMs ?? Number.NaN) - fate.message.atMs;
    if (atMs !== undefined) yield { atMs, latencyMs };
  }
}

function instantOf(metric: string, fate: Fate): number | undefined {
  const { message, acknowledged, deliveries, firstDeliveredAtMs, outOfOrder } = fate;
  const sentIf = (counts: boolean) => (counts ? message.atMs : undefined);
  if (metric === 'alerts_sent') return message.atMs;
  if (metric === 'alerts_acknowledged') return sentIf(acknowledged);
  if (metric === 'alerts_lost') return sentIf(deliveries === 0);
  if (metric === 'alerts_lost_acknowledged') return sentIf(deliveries === 0 && acknowledged);
  if (metric === 'alerts_out_of_order') return sentIf(outOfOrder);
  if (metric === 'alerts_duplicated') return deliveries > 1 ? firstDeliveredAtMs : undefined;
  return firstDeliveredAtMs;
}
