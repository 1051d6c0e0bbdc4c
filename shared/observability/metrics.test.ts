import { Metrics } from '@aws-lambda-powertools/metrics';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { catalogue, type LabelsOf, type MetricName, type RecordMetric } from './catalogue.ts';
import { createMetrics } from './metrics.ts';

interface Emf {
  _aws: {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
  [name: string]: unknown;
}

function recorder() {
  const writes: string[] = [];
  const metrics = createMetrics({ service: 'test', write: (text) => writes.push(text) });
  const lines = (): Emf[] => writes.flatMap((text) => text.split('\n')).map((line) => JSON.parse(line) as Emf);
  return { metrics, writes, lines };
}

describe('one invocation', () => {
  test('writes once, one EMF line for each label set', () => {
    const { metrics, writes, lines } = recorder();
    const { recordMetric, flush } = metrics.invocation();
    recordMetric('db_insert_latency_ms', 3.5, { stage: 'db-first' });
    recordMetric('db_insert_latency_ms', 4.5, { stage: 'db-first' });
    recordMetric('alerts_redelivered_total', 1, { stage: 'db-first' });
    recordMetric('alerts_redelivered_total', 2, { stage: 'db-first' });
    recordMetric('http_requests_total', 1, { function: 'ingest', status: '201' });
    flush();
    expect(writes).toHaveLength(1);
    expect(lines()).toHaveLength(2);
    const [first, second] = lines();
    expect(first).toMatchObject({
      service: 'test',
      stage: 'db-first',
      db_insert_latency_ms: [3.5, 4.5],
      alerts_redelivered_total: 3,
    });
    expect(first?._aws.CloudWatchMetrics[0]).toEqual({
      Namespace: 'Heartline',
      Dimensions: [['service', 'stage']],
      Metrics: [
        { Name: 'db_insert_latency_ms', Unit: 'Milliseconds' },
        { Name: 'alerts_redelivered_total', Unit: 'Count' },
      ],
    });
    expect(second).toMatchObject({ function: 'ingest', status: '201', http_requests_total: 1 });
  });

  test('flushes what came since, and nothing when nothing came', () => {
    const { metrics, writes } = recorder();
    const { recordMetric, flush } = metrics.invocation();
    flush();
    expect(writes).toEqual([]);
    recordMetric('db_tps', 5);
    flush();
    flush();
    expect(writes).toHaveLength(1);
  });

  test('keeps the labels of value 100 and after, where Powertools flushes by itself', () => {
    const { metrics, lines } = recorder();
    const { recordMetric, flush } = metrics.invocation();
    const values = Array.from({ length: 250 }, (_, index) => index + 0.5);
    for (const value of values) recordMetric('db_read_latency_ms', value, { stage: 'db-first' });
    flush();
    expect(lines().map((line) => line['stage'])).toEqual(['db-first', 'db-first', 'db-first']);
    expect(lines().flatMap((line) => line['db_read_latency_ms'])).toEqual(values);
  });

  test('a value that is no number is counted, not written, and the rest is', () => {
    const { metrics, lines } = recorder();
    const { recordMetric, flush } = metrics.invocation();
    recordMetric('db_read_latency_ms', Number.NaN, { stage: 'db-first' });
    recordMetric('alerts_redelivered_total', 1, { stage: 'db-first' });
    flush();
    expect(lines().some((line) => 'db_read_latency_ms' in line)).toBe(false);
    expect(lines()).toContainEqual(expect.objectContaining({ bridge_rejected_lines_total: 1, reason: 'not_finite' }));
    expect(lines()).toContainEqual(expect.objectContaining({ alerts_redelivered_total: 1 }));
  });

  test('an empty label becomes "none", so that the metric keeps all its labels', () => {
    const { metrics, lines } = recorder();
    metrics.recordMetric('dead_letters_total', 1, { queue: 'alerts', code: '' });
    expect(lines()[0]).toMatchObject({ queue: 'alerts', code: 'none' });
  });
});

/** Powertools warns about the very mix-up that the mutant shows. */
const nothing = (): void => undefined;
const silent = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Parallel invocations of a handler that awaits between its records. Returns the pairs (stage, value) that came out. */
async function overlapping(invocation: () => { recordMetric: RecordMetric; flush: () => void }, lines: () => Emf[]) {
  const stages = Array.from({ length: 20 }, (_, index) => `stage-${index}`);
  await Promise.all(
    stages.map(async (stage, index) => {
      const { recordMetric, flush } = invocation();
      recordMetric('db_insert_latency_ms', index, { stage });
      await Promise.resolve();
      recordMetric('db_read_latency_ms', index + 1_000, { stage });
      await Promise.resolve();
      flush();
    }),
  );
  const expected = stages.map((stage, index) => [stage, index, index + 1_000]);
  return {
    seen: lines().map((line) => [line['stage'], line['db_insert_latency_ms'], line['db_read_latency_ms']]),
    expected,
  };
}

describe('parallel invocations in one process', () => {
  test('do not see each other', async () => {
    const { metrics, lines } = recorder();
    const { seen, expected } = await overlapping(() => metrics.invocation(), lines);
    expect(seen).toEqual(expected);
  });

  test('mutant: one Powertools instance used by all of them mixes their values up', async () => {
    const shared = new Metrics({ namespace: 'Heartline', serviceName: 'test', logger: silent });
    const lines: Emf[] = [];
    const recordMetric: RecordMetric = (name, value, ...[labels]) => {
      shared.addDimensions({ ...labels });
      shared.addMetric(name, catalogue[name].unit, value);
    };
    const flush = () => {
      lines.push(JSON.parse(JSON.stringify(shared.serializeMetrics())) as Emf);
      shared.clearMetrics();
      shared.clearDimensions();
    };
    const { seen, expected } = await overlapping(
      () => ({ recordMetric, flush }),
      () => lines,
    );
    expect(seen).not.toEqual(expected);
  });
});

describe('types', () => {
  test('only names of the catalogue, with exactly their labels', () => {
    expectTypeOf<LabelsOf<'queue_depth'>>().toEqualTypeOf<{ readonly queue: string }>();
    expectTypeOf<LabelsOf<'db_tps'>>().toEqualTypeOf<Readonly<Record<string, never>>>();
    expectTypeOf<'no_such_metric'>().not.toExtend<MetricName>();
    const { metrics } = recorder();
    expectTypeOf(metrics.recordMetric<'queue_depth'>)
      .parameter(2)
      .toEqualTypeOf<{ readonly queue: string }>();
  });

  test('no label has the name of a metric or of the service dimension: EMF keeps them side by side', () => {
    const labels = new Set(Object.values(catalogue).flatMap((definition) => [...definition.labels] as string[]));
    expect([...labels].filter((label) => label in catalogue || label === 'service' || label === '_aws')).toEqual([]);
  });
});

test('what is recorded together in one turn is written together, at its end', async () => {
  const { metrics, writes, lines } = recorder();
  for (let n = 1; n <= 3; n += 1) metrics.recordTogether('db_insert_latency_ms', n, { stage: 'db-first' });
  await Promise.resolve();
  metrics.recordTogether('alerts_redelivered_total', 1, { stage: 'db-first' });
  expect(writes).toEqual([]);
  await new Promise(setImmediate);
  expect(writes).toHaveLength(1);
  expect(lines()).toMatchObject([{ db_insert_latency_ms: [1, 2, 3], alerts_redelivered_total: 1 }]);
  metrics.recordTogether('alerts_redelivered_total', 1, { stage: 'db-first' });
  await new Promise(setImmediate);
  expect(writes).toHaveLength(2);
});
