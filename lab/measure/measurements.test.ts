import { describe, expect, test } from 'vitest';
import { checkDelivery, type History } from '../checker/index.ts';
import { checkConservation } from '../conservation/check-conservation.ts';
import { checkLanes } from '../lanes/check-lanes.ts';
import { createK6Recorder } from './k6-recorder.ts';
import { createMeasurements } from './measurements.ts';
import { createTargetRecord } from './scrapes.ts';
import { phaseNamer, type Selector } from './selector.ts';
import { metricLine, pointLine } from './testing/k6-lines.ts';
import { unitOf } from './units.ts';

const T0 = Date.UTC(2026, 0, 31, 12);
const PHASES = [
  { name: 'baseline', fromMs: T0, toMs: T0 + 2_000 },
  { name: 'fault', fromMs: T0 + 3_000, toMs: T0 + 5_000 },
  { name: 'recovery', fromMs: T0 + 6_000, toMs: T0 + 8_000 },
];
const sent = (id: string, group: string, atMs: number) => ({
  id,
  key: 'p',
  group,
  text: id,
  atMs: T0 + atMs,
  acknowledged: true,
});
const history: History = {
  sent: [
    sent('a', 'baseline', 100),
    sent('b', 'baseline', 1_100),
    sent('c', 'fault', 3_500),
    sent('d', 'fault', 3_600),
  ],
  delivered: [
    { id: 'a', atMs: T0 + 110 },
    { id: 'b', atMs: T0 + 1_130 },
    { id: 'c', atMs: T0 + 4_500 },
    { id: 'c', atMs: T0 + 4_700 },
    { id: 'ghost', atMs: T0 + 5_500 },
  ],
};
const verdict = checkDelivery(history, { kind: 'at-most-once' }, { groupAt: phaseNamer(PHASES) });
const metrics = (options: Partial<Parameters<typeof createMeasurements>[0]> = {}) =>
  createMeasurements({ startedAtMs: T0, phases: PHASES, delivery: { history, verdict }, ...options });
const of = (metric: string, statistic: Selector['statistic'] = 'count'): Selector => ({ metric, statistic });

describe('the checker’s metrics', () => {
  const { value, find, series } = metrics();

  test('are counts of a phase', () => {
    const inFault = (metric: string) => value(of(metric), 'fault');
    expect(
      ['sent', 'acknowledged', 'delivered', 'lost', 'duplicated', 'phantom'].map((one) => inFault(`alerts_${one}`)),
    ).toEqual([2, 2, 1, 1, 1, 1]);
    expect(value(of('alerts_lost'), 'baseline')).toBe(0);
    expect(value(of('alerts_lost', 'share'), 'fault')).toBe(0.5);
    expect(value(of('alerts_sent', 'rate'), 'fault')).toBe(1);
    expect(value({ ...of('alerts_delivered'), ratioTo: 'alerts_sent' }, 'fault')).toBe(0.5);
    expect(value(of('delivery_latency_ms', 'p50'), 'baseline')).toBe(20);
    expect(value(of('delivery_latency_ms', 'max'), 'fault')).toBe(1_000);
  });

  test('of purchases are the same counts by their names', () => {
    const inFault = (metric: string) => value(of(metric), 'fault');
    expect(
      ['sent', 'acknowledged', 'decided', 'lost', 'duplicated', 'phantom'].map((one) => inFault(`purchases_${one}`)),
    ).toEqual([2, 2, 1, 1, 1, 1]);
    expect(value(of('decision_latency_ms', 'max'), 'fault')).toBe(1_000);
    expect(series(of('purchases_decided'))).toEqual(series(of('alerts_delivered')));
    expect(find(of('purchases_delivered'), 'fault').note).toContain('nobody reported');
  });

  test('of the books are of the whole run, and not measured where none were read', () => {
    const stock = [{ sku: 'pump', initial: 1, available: 0 }];
    const orders = ['a', 'b', 'c'].map((key) => ({ orderId: key, key, sku: 'pump', quantity: 1, status: 'confirmed' }));
    const conservation = checkConservation({ stock, orders, report: undefined });
    const run = { name: 'run', fromMs: T0, toMs: T0 + 8_000 };
    const booked = metrics({ phases: [...PHASES, run], delivery: { history, verdict, conservation } });
    expect(booked.value(of('stock_oversold_units'), 'run')).toBe(2);
    expect(booked.value(of('stock_breaches'), 'run')).toBe(2);
    expect(booked.find(of('stock_breaches'), 'fault').note).toBe('stock_breaches is of the whole run');
    expect(booked.find(of('stock_breaches', 'rate'), 'run').note).toBe('stock_breaches has no rate');
    expect(booked.series(of('stock_breaches'))).toEqual([]);
    const unread = metrics({ phases: [...PHASES, run] });
    expect(unread.find(of('stock_breaches'), 'run')).toEqual({
      value: undefined,
      note: 'the stage’s own list of it was not read',
    });
  });

  test('of attempts are of the whole run; how long idle patients waited is of the phase they did it in', () => {
    const attempt = (eventId: string, outcome: string, atMs: number, forMs: number) => ({
      eventId,
      key: eventId,
      outcome,
      place: { partition: 'c', offset: 1n },
      acceptedAtMs: T0 + atMs,
      startedAtMs: T0 + atMs + 10,
      endedAtMs: T0 + atMs + forMs,
    });
    const [{ fromMs } = { fromMs: T0 }] = PHASES;
    const atMs = fromMs - T0;
    const lanes = checkLanes([attempt('a', 'processed', atMs, 110), attempt('b', 'lost', atMs, 50)]);
    const run = { name: 'run', fromMs: T0, toMs: T0 + 8_000 };
    const tried = metrics({ phases: [...PHASES, run], delivery: { history, verdict, lanes } });
    expect(tried.value(of('attempts_lost'), 'run')).toBe(1);
    expect(tried.value(of('attempts_failed'), 'run')).toBe(0);
    expect(tried.value(of('lane_breaches'), 'run')).toBe(1);
    const phase = PHASES[0]?.name ?? '';
    expect(tried.value(of('idle_event_latency_ms', 'p50'), phase)).toBe(110);
    expect(
      tried.value({ metric: 'idle_event_latency_ms', statistic: 'p50', ratioTo: 'idle_event_work_ms' }, phase),
    ).toBe(1.1);
    expect(tried.find(of('idle_event_latency_ms', 'p50'), 'recovery').note).toBe(
      'no p50 of idle_event_latency_ms in recovery',
    );
    expect(metrics({ phases: [...PHASES, run] }).value(of('attempts_lost'), 'run')).toBeUndefined();
  });

  test('are not measured in a phase without messages', () => {
    expect(find(of('alerts_lost'), 'recovery')).toEqual({ value: undefined, note: 'no message was sent in recovery' });
    expect(find(of('alerts_lost', 'p95'), 'fault').note).toBe('alerts_lost has no p95');
    expect(
      metrics({
        delivery: {
          history: { sent: [], delivered: [] },
          verdict: checkDelivery({ sent: [], delivered: [] }, { kind: 'at-most-once' }),
        },
      }).value(of('alerts_lost'), 'fault'),
    ).toBeUndefined();
  });

  test('show each second what was sent or delivered in it', () => {
    expect(series(of('alerts_sent')).map(([, count]) => count)).toEqual([1, 1, 0, 2, 0, 0, 0, 0, 0]);
    expect(series(of('alerts_lost')).map(([, count]) => count)).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0]);
    expect(series(of('delivery_latency_ms', 'p95'))).toEqual([
      [0, 10],
      [1, 30],
      [2, null],
      [3, null],
      [4, 1_000],
      [5, null],
      [6, null],
      [7, null],
      [8, null],
    ]);
    expect(series({ ...of('alerts_lost'), ratioTo: 'alerts_sent' }).map(([, share]) => share)).toEqual([
      0,
      0,
      null,
      0.5,
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('who answers', () => {
  const recorder = createK6Recorder({
    wanted: ['producer_sent_msgs', 'consumer_received_msgs', { metric: 'producer_sent_msgs', labels: { stage: 's' } }],
  });
  const point = { metric: 'producer_sent_msgs', value: 1, tags: { phase: 'fault', eventId: 'e', patientId: 'p' } };
  recorder.push(
    Buffer.from(metricLine('producer_sent_msgs', 'counter') + pointLine({ ...point, atMs: T0 + 3_100 }).repeat(4)),
  );
  const target = createTargetRecord('http://127.0.0.1/', ['producer_sent_msgs', 'consumer_received_msgs']);
  for (const [tick, value] of [0, 0, 0, 0, 2, 3].entries()) {
    const declared = '# TYPE producer_sent_msgs counter\n# TYPE consumer_received_msgs counter\n';
    target.add(
      tick,
      T0 + tick * 1_000,
      T0 + tick * 1_000,
      `${declared}producer_sent_msgs{stage="s"} 40\nconsumer_received_msgs{stage="s"} ${value}\n`,
    );
  }
  const { value, find, sourceOf, series } = metrics({ k6: recorder, targets: [target] });

  test('is k6 for what it reported, with the labels it has; else Prometheus', () => {
    expect(sourceOf({ metric: 'producer_sent_msgs' })).toBe('k6');
    expect(sourceOf({ metric: 'producer_sent_msgs', labels: { stage: 's' } })).toBe('prometheus');
    expect(sourceOf({ metric: 'consumer_received_msgs' })).toBe('prometheus');
    expect(sourceOf({ metric: 'producer_sent_msgs', source: 'prometheus' })).toBe('prometheus');
    expect(sourceOf({ metric: 'alerts_lost' })).toBe('checker');
  });

  test('may be another for the divisor', () => {
    expect(
      value({ ...of('consumer_received_msgs'), labels: { stage: 's' }, ratioTo: 'producer_sent_msgs' }, 'fault'),
    ).toBe(0.75);
    expect(find({ ...of('consumer_received_msgs'), ratioTo: 'producer_sent_msgs' }, 'recovery')).toMatchObject({
      value: undefined,
    });
    expect(value(of('producer_sent_msgs'), 'baseline'), 'a counter that k6 knows and that did not move').toBe(0);
    expect(series({ ...of('consumer_received_msgs', 'rate'), ratioTo: 'producer_sent_msgs' })).toContainEqual([3, 0.5]);
  });

  test('is nobody for a metric of k6 that no script has', () => {
    expect(find({ ...of('http_reqs'), source: 'k6' }, 'fault')).toEqual({
      value: undefined,
      note: 'k6 reported no http_reqs',
    });
    expect(find(of('producer_sent_msgs', 'p95'), 'fault').note).toBe('a counter of k6 has no p95: count, rate');
    expect(createMeasurements({ startedAtMs: T0, phases: PHASES }).find(of('alerts_lost'), 'fault').note).toBe(
      'nobody measured it',
    );
  });
});

test.each<[Selector, string]>([
  [of('http_req_duration', 'p95'), 'ms'],
  [of('http_req_duration', 'count'), ''],
  [of('http_reqs', 'rate'), 'req/s'],
  [of('http_req_failed', 'share'), 'share'],
  [of('iteration_duration', 'mean'), 'ms'],
  [of('delivery_latency_ms', 'p99'), 'ms'],
  [of('producer_sent_msgs', 'rate'), 'msg/s'],
  [of('rabbitmq_stream_consumer_lag_messages', 'max'), 'msg'],
  [of('alerts_lost'), 'alerts'],
  [of('alerts_lost', 'share'), 'share'],
  [of('staff_notified_total', 'rate'), 'alerts/s'],
  [of('purchases_duplicated'), 'purchases'],
  [of('purchase_accept_ms', 'p99'), 'ms'],
  [of('orders_total', 'rate'), 'orders/s'],
  [of('stock_oversold_units'), 'units'],
  [{ ...of('consumer_received_msgs'), ratioTo: 'producer_sent_msgs' }, 'share'],
  [{ ...of('http_req_duration', 'p95'), ratioTo: 'db_read_latency_ms' }, '×'],
  [of('db_tps', 'mean'), 'commits/s'],
  [of('data_sent', 'rate'), 'B/s'],
  [of('queue_oldest_age_seconds', 'max'), 's'],
  [of('trigger_reconnects_total'), ''],
  [of('trigger_reconnects_total', 'rate'), '/s'],
])('the unit of %j is %s', (selector, unit) => {
  expect(unitOf(selector)).toBe(unit);
});
