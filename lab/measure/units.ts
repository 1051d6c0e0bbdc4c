import type { Selector, Statistic } from './selector.ts';

/** k6's built-in trends are in milliseconds (k6's docs, "Built-in metrics"). */
const K6_TIMES =
  /^(http_req_(?!failed$)\w+|iteration_duration|group_duration|ws_connecting|ws_session_duration|ws_ping|grpc_req_duration)$/;
const K6_BYTES: ReadonlySet<string> = new Set(['data_sent', 'data_received']);
/** A share from 0 to 1. */
const SHARE = 'share';
/** What a metric counts, by its name. */
const COUNTED: readonly (readonly [RegExp, string])[] = [
  [/_(msgs|messages)(_total)?$/, 'msg'],
  [/^(alerts_|staff_notified)/, 'alerts'],
  [/^purchases_/, 'purchases'],
  [/^orders_/, 'orders'],
  [/^events_/, 'events'],
  [/^attempts_/, 'attempts'],
  [/_units$/, 'units'],
  [/^(http_reqs|http_requests_total)$/, 'req'],
];
const PER_SECOND: ReadonlyMap<string, string> = new Map([['db_tps', 'commits/s']]);
const COUNTING: readonly Statistic[] = ['count', 'rate'];

/**
 * The unit of a figure: `ms`, `s`, `B`, `msg`, `msg/s`, `alerts/s`, `purchases`, `orders/s`, `events`, `attempts`, `units`, `req/s`, `share` (0 to 1), `×` (a ratio that is no share), or `''`
 * for a plain number.
 */
export function unitOf({ metric, statistic, ratioTo }: Pick<Selector, 'metric' | 'statistic' | 'ratioTo'>): string {
  if (statistic === 'share') return SHARE;
  if (statistic === 'peakAt') return 's';
  if (ratioTo !== undefined) return COUNTING.includes(statistic) ? SHARE : '×';
  const unit = unitOfValue(metric);
  if (!COUNTING.includes(statistic)) return unit;
  const counted = isMeasure(unit) ? '' : unit;
  return statistic === 'rate' ? `${counted}/s` : counted;
}

/** Of a measure the number of values is counted, which has no unit. Bytes are added up. */
const isMeasure = (unit: string) => unit === 'ms' || unit === 's' || unit === SHARE || unit.endsWith('/s');

function unitOfValue(metric: string): string {
  if (metric === 'http_req_failed' || metric === 'checks') return SHARE;
  if (metric.endsWith('_ms') || K6_TIMES.test(metric)) return 'ms';
  if (/_seconds(_total)?$/.test(metric)) return 's';
  if (K6_BYTES.has(metric) || /_bytes(_total)?$/.test(metric)) return 'B';
  return PER_SECOND.get(metric) ?? COUNTED.find(([pattern]) => pattern.test(metric))?.[1] ?? '';
}
