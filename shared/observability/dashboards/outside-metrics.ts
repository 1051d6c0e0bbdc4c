// Metrics that others name: k6's remote write, RabbitMQ's Prometheus plugin, Prometheus itself. The panel test asks for each with real data.
import type { PanelUnit } from './dashboard.ts';
import { type Asked, type Choice, rate, selector, sum } from './promql.ts';

/**
 * What k6 1.x writes with `npm run k6 -- … --prometheus`: a counter `x` as `k6_x_total`; a trend of times, with
 * K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM=true, as the native histogram `k6_x_seconds`. (As gauges, its default, quantiles are of the
 * whole run so far, so a fault would never be over.)
 */
type K6Counter =
  | 'http_reqs'
  | 'iterations'
  | 'dropped_iterations'
  | 'producer_sent_msgs'
  | 'producer_failed_msgs'
  | 'producer_resent_msgs';
type K6Trend = 'http_req_duration' | 'producer_latency_ms';
/** Those that k6 sets, `qos` and `reason` of our scripts, and `testid`, which `npm run k6` sets to the script's name. */
type K6Tag = 'testid' | 'scenario' | 'name' | 'status' | 'expected_response' | 'qos' | 'reason';

const MS_A_SECOND = 1000;

export function k6PerSecond(name: K6Counter, { where, by }: Choice<K6Tag> = {}): Asked {
  return { expr: sum(rate(k6Counter(name, where)), by), unit: 'cps' };
}

/** A k6 counter's value, of the run. k6 writes it when it changes: of a single burst there is one value, and no rate. */
export function k6Total(name: K6Counter, { where, by }: Choice<K6Tag> = {}): Asked {
  return { expr: sum(k6Counter(name, where), by), unit: 'short' };
}

/** The series of a k6 counter: `k6_x_total{…}`. */
export function k6Counter(name: K6Counter, where: Choice<K6Tag>['where'] = {}): string {
  return selector(`k6_${name}_total`, where);
}

export function k6Quantile(share: number, name: K6Trend, { where, by, over }: Choice<K6Tag> = {}): Asked {
  const histogram = sum(rate(selector(`k6_${name}_seconds`, where), over), by);
  return { expr: `${MS_A_SECOND} * histogram_quantile(${share}, ${histogram})`, unit: 'ms' };
}

type BrokerLabel = 'protocol';
type BrokerCounter =
  | 'rabbitmq_global_messages_received_total'
  | 'rabbitmq_global_messages_delivered_total'
  | 'rabbitmq_global_messages_unroutable_dropped_total';
const BROKER_GAUGES = {
  rabbitmq_connections: 'short',
  rabbitmq_process_resident_memory_bytes: 'bytes',
  rabbitmq_resident_memory_limit_bytes: 'bytes',
  rabbitmq_disk_space_available_bytes: 'bytes',
  rabbitmq_disk_space_available_limit_bytes: 'bytes',
} as const satisfies Record<string, PanelUnit>;

export function brokerPerSecond(name: BrokerCounter, { where, by }: Choice<BrokerLabel> = {}): Asked {
  return { expr: sum(rate(selector(name, where)), by), unit: 'cps' };
}

export function brokerNow(name: keyof typeof BROKER_GAUGES): Asked {
  return { expr: sum(name), unit: BROKER_GAUGES[name] };
}

/** 1 for each scraped program that answers, else 0. */
export function scraped(): Asked {
  return { expr: 'min by (job) (up)', unit: 'none' };
}
