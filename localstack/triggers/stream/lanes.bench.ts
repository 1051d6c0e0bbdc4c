import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchResult, measureRatio } from '../../bench/bench-result.ts';
import { fillStream } from '../../bench/stream-backlog.ts';
import { drainThroughTrigger } from '../../bench/stream-drain.ts';
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

const ROUNDS = 3;

const countOf = (keys: number) => (keys === 1 ? RECORDS_OF_ONE_KEY : RECORDS);
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
  const count = countOf(keys);
  const options = { batchSize, parallelizationFactor: LANES };
  const tookMs = await drainThroughTrigger({ url, stream: `keys-${keys}`, count, options, handle });
  return (count * MS_PER_SECOND) / tookMs;
}

/** Speed-up by lanes of records with 0 to 5 ms of work each, against the same work without a trigger, one after the other. */
export async function run({ progress }: { readonly progress: Progress }): Promise<BenchResult[]> {
  progress.step('bench', 'lanes: starting a broker');
  const broker = await streamBroker();
  try {
    for (const keys of KEYS) {
      await broker.createStream(`keys-${keys}`);
      await fillStream(broker, `keys-${keys}`, countOf(keys), (index) => record(index, keys));
    }
    const results: BenchResult[] = [];
    for (const keys of KEYS) {
      for (const batchSize of BATCH_SIZES) {
        const { ratio, ours, bare } = await measureRatio(
          ROUNDS,
          () => laneRate(broker.url, keys, batchSize),
          sequentialRate,
        );
        const possible = Math.min(keys, LANES);
        results.push({
          name: `lanes: ${keys} ${keys === 1 ? 'key' : 'keys'}, parallelizationFactor ${LANES}, batchSize ${batchSize}`,
          target: `≥ ${(TARGET * possible).toFixed(2)} ×`,
          measured: `${ratio.toFixed(2)} ×`,
          holds: ratio >= TARGET * possible,
          detail: `${ours.toFixed(0)} records/s of 0 to ${WORK_MAX_MS} ms each, against ${bare.toFixed(0)}/s one after the other; the handler does a batch's records in turn`,
        });
      }
    }
    return results;
  } finally {
    await broker.close();
  }
}
