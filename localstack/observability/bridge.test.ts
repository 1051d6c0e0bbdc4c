import { describe, expect, test } from 'vitest';
import { catalogue } from '../../shared/observability/catalogue.ts';
import { createMetrics } from '../../shared/observability/metrics.ts';
import { createMetricBridge, type MetricBridge } from './bridge.ts';
import { parseExposition, sampleOf } from './testing/exposition.ts';

interface EmfParts {
  metrics: Record<string, unknown>;
  labels?: Record<string, string>;
  namespace?: string;
  dimensions?: unknown;
}

function emf({ metrics, labels = {}, namespace = 'Heartline', dimensions }: EmfParts): string {
  const directive = {
    Namespace: namespace,
    Dimensions: dimensions ?? [['service', ...Object.keys(labels)]],
    Metrics: Object.keys(metrics).map((Name) => ({ Name, Unit: 'Count' })),
  };
  return JSON.stringify({
    _aws: { Timestamp: 1, CloudWatchMetrics: [directive] },
    service: 's',
    ...labels,
    ...metrics,
  });
}

const stage = { stage: 'db-first' };

async function rejected(bridge: MetricBridge, reason: string): Promise<number | undefined> {
  return sampleOf(await bridge.render(), 'bridge_rejected_lines_total', { reason });
}

describe('what the recorder writes, the bridge shows', () => {
  test('a counter, a histogram of arrays, a gauge', async () => {
    const bridge = createMetricBridge();
    const metrics = createMetrics({
      service: 's',
      write: (text) => text.split('\n').forEach((line) => void expect(bridge.ingestLine(line)).toBe(true)),
    });
    const { recordMetric, flush } = metrics.invocation();
    recordMetric('alerts_stored_total', 2, { ...stage, kind: 'vt', severity: 'high' });
    for (const value of [0.4, 3, 700]) recordMetric('db_insert_latency_ms', value, stage);
    recordMetric('queue_depth', 7, { queue: 'staff' });
    recordMetric('trigger_reconnects_total', 1);
    flush();
    metrics.recordMetric('alerts_stored_total', 1, { ...stage, kind: 'vt', severity: 'high' });
    const text = await bridge.render();
    expect(sampleOf(text, 'alerts_stored_total', { ...stage, kind: 'vt', severity: 'high' })).toBe(3);
    expect(sampleOf(text, 'db_insert_latency_ms_count', stage)).toBe(3);
    expect(sampleOf(text, 'db_insert_latency_ms_sum', stage)).toBeCloseTo(703.4);
    expect(sampleOf(text, 'db_insert_latency_ms_bucket', { ...stage, le: '5' })).toBe(2);
    expect(sampleOf(text, 'queue_depth', { queue: 'staff' })).toBe(7);
    expect(sampleOf(text, 'trigger_reconnects_total')).toBe(1);
    expect(parseExposition(text).some(({ name }) => name === 'bridge_rejected_lines_total')).toBe(false);
  });

  test('every metric of the catalogue goes through', async () => {
    const bridge = createMetricBridge();
    for (const [name, { labels }] of Object.entries(catalogue)) {
      const set = Object.fromEntries(labels.map((label) => [label, 'x']));
      expect(bridge.ingestLine(emf({ metrics: { [name]: 1 }, labels: set }))).toBe(true);
    }
    const text = await bridge.render();
    expect(await rejected(bridge, 'labels')).toBeUndefined();
    const names = new Set(parseExposition(text).map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
    expect([...names].sort()).toEqual(Object.keys(catalogue).sort());
  });

  test('a gauge is not there before it is measured', async () => {
    expect(sampleOf(await createMetricBridge().render(), 'db_tps')).toBeUndefined();
  });
});

describe('what is no EMF is left alone', () => {
  test.each([
    '',
    'plain text',
    '{}',
    '{"level":"INFO","message":"a line that says \\"_aws\\""}',
    '{"_aws_":1}',
    '[1]',
    '{ "message": "_aws", "_aws" broken',
    `{"message":"${'x'.repeat(1_048_576)} \\"_aws\\""}`,
  ])('case %#', (line) => {
    expect(createMetricBridge().ingestLine(line)).toBe(false);
  });
});

describe('a hostile or wrong line is counted, and never throws', () => {
  test.each<[string, string]>([
    ['broken_json', '{"_aws":{"Timestamp":1'],
    ['too_long', `{"_aws":{},"x":"${'x'.repeat(1_048_576)}"}`],
    ['bad_shape', '{"_aws":null}'],
    ['bad_shape', '{"_aws":{"CloudWatchMetrics":[null]}}'],
    [
      'bad_shape',
      '{"_aws":{"CloudWatchMetrics":[{"Namespace":"Heartline","Dimensions":[[]],"Metrics":[{"Name":1}]}]}}',
    ],
    ['namespace', emf({ metrics: { db_tps: 1 }, namespace: 'Other' })],
    ['unknown_metric', emf({ metrics: { no_such_metric: 1 } })],
    ['unknown_metric', emf({ metrics: { constructor: 1 } })],
    [
      'unknown_metric',
      '{"_aws":{"CloudWatchMetrics":[{"Namespace":"Heartline","Dimensions":[["service"]],"Metrics":[{"Name":"__proto__"}]}]},"service":"s","__proto__":1}',
    ],
    ['labels', emf({ metrics: { alerts_redelivered_total: 1 } })],
    ['labels', emf({ metrics: { alerts_redelivered_total: 1 }, labels: { ...stage, extra: 'x' } })],
    ['labels', emf({ metrics: { alerts_redelivered_total: 1 }, labels: { kind: 'x' } })],
    ['label_value', emf({ metrics: { alerts_redelivered_total: 1 }, labels: { stage: 'a\nb"} 1' } })],
    ['label_value', emf({ metrics: { alerts_redelivered_total: 1 }, labels: { stage: 'x'.repeat(101) } })],
    ['label_value', emf({ metrics: { db_tps: 1 }, dimensions: [['toString']] })],
    ['dimension_sets', emf({ metrics: { db_tps: 1 }, dimensions: [['service'], []] })],
    ['value', emf({ metrics: { db_tps: Number.NaN } })],
    ['value', emf({ metrics: { db_tps: '1' } })],
    ['value', emf({ metrics: { db_tps: 8 } }).replace(':8', ':1e999')],
    ['value', emf({ metrics: { db_insert_latency_ms: [1, null] }, labels: stage })],
    ['too_many_values', emf({ metrics: { db_insert_latency_ms: Array(101).fill(1) }, labels: stage })],
    ['too_many_metrics', emf({ metrics: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`m${i}`, 1])) })],
    ['negative', emf({ metrics: { alerts_redelivered_total: -1 }, labels: stage })],
    ['negative', emf({ metrics: { db_insert_latency_ms: -1 }, labels: stage })],
  ])('%s (case %#)', async (reason, line) => {
    const bridge = createMetricBridge();
    const before = parseExposition(await bridge.render());
    expect(bridge.ingestLine(line)).toBe(true);
    const after = parseExposition(await bridge.render());
    expect(after.filter(({ name }) => name !== 'bridge_rejected_lines_total')).toEqual(before);
    expect(after).toContainEqual({ name: 'bridge_rejected_lines_total', labels: { reason }, value: 1 });
  });

  test('what is right in a line is taken', async () => {
    const bridge = createMetricBridge();
    bridge.ingestLine(emf({ metrics: { alerts_redelivered_total: 1, nonsense: 1, more_nonsense: 2 }, labels: stage }));
    expect(sampleOf(await bridge.render(), 'alerts_redelivered_total', stage)).toBe(1);
    expect(await rejected(bridge, 'unknown_metric')).toBe(1);
  });

  test('nothing reaches the prototype of objects', () => {
    createMetricBridge().ingestLine('{"_aws":{"__proto__":{"polluted":1}},"__proto__":{"polluted":1}}');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('label sets', () => {
  test('are capped at 500 a metric, the rest counted', async () => {
    const bridge = createMetricBridge();
    for (let index = 0; index < 510; index += 1) {
      bridge.ingestLine(emf({ metrics: { queue_depth: 1 }, labels: { queue: `q${index}` } }));
    }
    bridge.ingestLine(emf({ metrics: { queue_depth: 9 }, labels: { queue: 'q0' } }));
    const text = await bridge.render();
    expect(parseExposition(text).filter(({ name }) => name === 'queue_depth')).toHaveLength(500);
    expect(sampleOf(text, 'queue_depth', { queue: 'q0' })).toBe(9);
    expect(sampleOf(text, 'bridge_label_overflow_total', { metric: 'queue_depth' })).toBe(10);
    expect(await rejected(bridge, 'label_overflow')).toBe(10);
  });

  test('of a gauge that has to be fresh are gone when nobody sets them any more; others stay', async () => {
    let nowMs = 0;
    const bridge = createMetricBridge(() => nowMs);
    const behind = (stream: string) =>
      bridge.recordMetric('rabbitmq_stream_consumer_lag_messages', 1, { stream, consumer: 'c' });
    behind('a');
    behind('b');
    bridge.recordMetric('queue_depth', 1, { queue: 'q' });
    nowMs = 10_000;
    behind('a');
    nowMs = 20_000;
    const text = await bridge.render();
    expect(text).toContain('rabbitmq_stream_consumer_lag_messages{stream="a"');
    expect(text).not.toContain('stream="b"');
    expect(text).toContain('queue_depth{queue="q"}');
    behind('b');
    expect(await bridge.render()).toContain('stream="b"');
  });

  test('a replaced gauge has exactly the series given, and makes room under the cap', async () => {
    const bridge = createMetricBridge();
    const samples = (prefix: string) =>
      Array.from({ length: 400 }, (_, index) => ({ labels: { queue: `${prefix}${index}` }, value: index }));
    for (const prefix of ['a', 'b', 'c']) bridge.replaceGauge('queue_depth', samples(prefix));
    const queues = parseExposition(await bridge.render()).filter(({ name }) => name === 'queue_depth');
    expect(queues).toHaveLength(400);
    expect(queues.every(({ labels }) => labels['queue']?.startsWith('c'))).toBe(true);
    bridge.replaceGauge('queue_depth', []);
    bridge.replaceGauge('db_tps', [{ labels: {}, value: 3 }]);
    expect(sampleOf(await bridge.render(), 'db_tps')).toBe(3);
    bridge.replaceGauge('db_tps', []);
    const text = await bridge.render();
    expect(sampleOf(text, 'db_tps')).toBeUndefined();
    expect(text).not.toContain('queue_depth{');
  });
});
