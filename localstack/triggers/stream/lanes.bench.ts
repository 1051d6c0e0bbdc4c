import { setTimeout as sleep } from 'node:timers/promises';
import { drainThroughTrigger } from '../../bench/stream-drain.ts';
import type { BenchResult } from '../../bench/bench-result.ts';
import { fillStream } from '../../bench/stream-backlog.ts';
import type { Progress } from '../../setup/progress.ts';
import { encodeMessage } from '../stream-client/encode-message.ts';
import { streamBroker } from '../stream-client/test-stream-broker.ts';
import type { StreamEventRecord } from './event.ts';

const RECORDS = 10_000;
/** With one key all is done one after the other: fewer, not to take a minute. */
const RECORDS_OF_ONE_KEY = 1_000;
const LANES = 10;
const KEYS = [1, 10, 100, 1_000];
const BATCH_SIZES = [1, 10, 100];
/** Whole milliseconds from 0 to this, evenly. */
const WORK_MAX_MS = 5;
const WORKS = WORK_MAX_MS + 1;
const SEQUENTIAL_RECORDS = 600;
const TARGET = 0.95;
const MS_PER_SECOND = 1_000;
/** Spreads consecutive numbers: 2^32 divided by the golden ratio (Knuth, "The Art of Computer Programming", 6.4). */
const SPREAD = 0x9e3779b1;

const spread = (index: number) => Math.imul(index, SPREAD) >>> 8;
/** The record's number decides its work and its key, so that each run has the same. */
const workMs = (index: number) => spread(index + 1) % WORKS;
const keyOf = (index: number, keys: number) => `patient-${spread(index + RECORDS) % keys}`;

const record = (index: number, keys: number) =>
  encodeMessage({ content: Buffer.from(String(workMs(index))), subject: keyOf(index, keys) });

async function work(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}

/** What a handler does with its batch: one record after the other. */
async function handle(records: readonly StreamEventRecord[]): Promise<void> {
  for (const { kinesis } of records) await work(Number(Buffer.from(kinesis.data, 'base64').toString()));
}

/** Records a second without any trigger, one after the other. */
async function sequentialRate(): Promise<number> {
  const startedMs = performance.now();
  for (let index = 0; index < SEQUENTIAL_RECORDS; index += 1) await work(workMs(index));
  return (SEQUENTIAL_RECORDS * MS_PER_SECOND) / (performance.now() - startedMs);
}

async function laneRate(url: string, keys: number, batchSize: number): Promise<number> {
  const count = keys === 1 ? RECORDS_OF_ONE_KEY : RECORDS;
  let firstMs = 0;
  await drainThroughTrigger({
    url,
    stream: `keys-${keys}`,
    count,
    options: { batchSize, parallelizationFactor: LANES },
    handle: (records) => {
      firstMs ||= performance.now();
      return handle(records);
    },
    drained: () => {
      lastMs = performance.now();
    },
  });
  return 0;
}
