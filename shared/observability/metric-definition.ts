import { MetricUnit } from '@aws-lambda-powertools/metrics';

export type Unit = (typeof MetricUnit)[keyof typeof MetricUnit];

/** Where a metric is first needed: `every` stage, one stage's folder name, or the `local` stack's own workings. */
export type MetricStage = 'every' | 'at-least-once' | 'local';

interface Common<L extends readonly string[]> {
  readonly unit: Unit;
  readonly labels: L;
  readonly stage: MetricStage;
  readonly meaning: string;
}
export interface CounterDefinition<L extends readonly string[] = readonly string[]> extends Common<L> {
  readonly type: 'counter';
}
export interface GaugeDefinition<L extends readonly string[] = readonly string[]> extends Common<L> {
  readonly type: 'gauge';
  /** A series that is not set for so long is gone: nobody measures it any more. */
  readonly freshS?: number;
}
export interface HistogramDefinition<L extends readonly string[] = readonly string[]> extends Common<L> {
  readonly type: 'histogram';
  readonly buckets: readonly number[];
}
export type MetricDefinition = CounterDefinition | GaugeDefinition | HistogramDefinition;

/** From half a millisecond (an insert on a local socket) to 10 s (the longest wait a request may have). */
const LATENCY_BUCKETS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;
/** Work that takes seconds and waits for its turn: from none to ten minutes, close together about the 5 to 6 s of the default processor. */
const WORK_BUCKETS_MS = [
  10, 100, 500, 1_000, 2_500, 4_000, 5_000, 5_250, 5_500, 6_000, 7_500, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000,
  300_000, 600_000,
] as const;
/** Steps of a computation without I/O: a reading that is within its limits takes a thousandth of a millisecond. */
const COMPUTE_BUCKETS_MS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;
/** AWS's batchSize goes from 1 to 10,000; the defaults are 10 (SQS) and 100 (Kinesis). */
const BATCH_BUCKETS_RECORDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

/** A sum that only grows. `labels` are the label names, all of them required. */
export function counter<const L extends readonly string[]>(
  labels: L,
  meaning: string,
  stage: MetricStage = 'every',
): CounterDefinition<L> {
  return { type: 'counter', unit: MetricUnit.Count, labels, stage, meaning };
}

/** A value of now, which goes up and down. */
export function gauge<const L extends readonly string[]>(
  labels: L,
  unit: Unit,
  meaning: string,
  stage: MetricStage = 'every',
  freshS?: number,
): GaugeDefinition<L> {
  return { type: 'gauge', unit, labels, stage, meaning, ...(freshS === undefined ? {} : { freshS }) };
}

/** A distribution of durations of seconds and more, in milliseconds. */
export function workTime<const L extends readonly string[]>(labels: L, meaning: string): HistogramDefinition<L> {
  return { ...latency(labels, meaning), buckets: WORK_BUCKETS_MS };
}

/** A distribution of durations far below a millisecond, in milliseconds. */
export function computeTime<const L extends readonly string[]>(labels: L, meaning: string): HistogramDefinition<L> {
  return { ...latency(labels, meaning), buckets: COMPUTE_BUCKETS_MS };
}

/** A distribution of durations, in milliseconds. */
export function latency<const L extends readonly string[]>(
  labels: L,
  meaning: string,
  stage: MetricStage = 'every',
): HistogramDefinition<L> {
  return { type: 'histogram', unit: MetricUnit.Milliseconds, labels, stage, meaning, buckets: LATENCY_BUCKETS_MS };
}

/** A distribution of batch sizes, in records. */
export function batchSize<const L extends readonly string[]>(labels: L, meaning: string): HistogramDefinition<L> {
  return {
    type: 'histogram',
    unit: MetricUnit.Count,
    labels,
    stage: 'every',
    meaning,
    buckets: BATCH_BUCKETS_RECORDS,
  };
}
