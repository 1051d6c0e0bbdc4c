import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchResult, percentile } from '../../bench/bench-result.ts';
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
const CASES = [
  { keys: 1, batchSize: 1 },
  { keys: 10, batchSize: 1 },
  { keys: 100, batchSize: 1 },
  { keys: 1_000, batchSize: 1 },
  { keys: 100, batchSize: 10 },
];
/** Whole milliseconds from 0 to this, evenly. */
const WORK_MAX_MS = 5;
const WORKS = WORK_MAX_MS + 1;
const SEQUENTIAL_RECORDS = 300;
const TARGET = 0.95;
const MS_PER_SECOND = 1_000;
const ROUNDS = 3;
const MIDDLE = 0.5;

const countOf = (keys: number) => (keys === 1 ? RECORDS_OF_ONE_KEY : RECORDS);
/** Prime to the number of works, so that each key has all of them alike: no key then takes longer than the others. */
const STEP = 5;
/** The record's number decides its work and its key, so that each run has the same. */
const workMs = (index: number, keys: number) => (Math.floor(index / keys) * STEP + (index % keys)) % WORKS;

const record = (index: number, keys: number) =>
  encodeMessage({ content: Buffer.from(String(workMs(index, keys))), subject: `patient-${index % keys}` });

async function work(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}

/** Records a second without any trigger, one after the other. */
async function sequentialRate(): Promise<number> {
  const startedMs = performance.now();
  for (let index = 0; index < SEQUENTIAL_RECORDS; index += 1) await work(workMs(index, 1));
  return (SEQUENTIAL_RECORDS * MS_PER_SECOND) / (performance.now() - startedMs);
}

interface Run {
  readonly rate: number;
  /** Records at work at once, on average: what the works took, as they were timed, in the time of all. */
  readonly atOnce: number;
}

async function runLanes(url: string, keys: number, batchSize: number): Promise<Run> {
  const count = countOf(keys);
  let workedMs = 0;
  /** One record of the batch after the other. */
  async function handle(records: readonly StreamEventRecord[]): Promise<void> {
    for (const { kinesis } of records) {
      const startedMs = performance.now();
      await work(Number(Buffer.from(kinesis.data, 'base64').toString()));
      workedMs += performance.now() - startedMs;
    }
  }
  const options = { batchSize, parallelizationFactor: LANES };
  const tookMs = await drainThroughTrigger({ url, stream: `keys-${keys}`, count, options, handle });
  return { rate: (count * MS_PER_SECOND) / tookMs, atOnce: workedMs / tookMs };
}

const median = (values: readonly number[]) => percentile(values, MIDDLE);

async function measure(url: string, keys: number, batchSize: number): Promise<BenchResult> {
  const runs: (Run & { readonly sequential: number })[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const sequential = await sequentialRate();
    runs.push({ sequential, ...(await runLanes(url, keys, batchSize)) });
  }
  const speedUps = runs.map(({ atOnce }) => atOnce);
  const target = TARGET * Math.min(keys, LANES);
  const bare = median(runs.map(({ sequential }) => sequential));
  const elapsed = median(runs.map(({ rate, sequential }) => rate / sequential));
  return {
    name: `lanes: ${keys} ${keys === 1 ? 'key' : 'keys'}, parallelizationFactor ${LANES}, batchSize ${batchSize}`,
    target: `≥ ${target.toFixed(2)} ×`,
    measured: `${median(speedUps).toFixed(2)} ×`,
    holds: median(speedUps) >= target,
    detail: `records at work at once (${Math.min(...speedUps).toFixed(2)} to ${Math.max(...speedUps).toFixed(2)}), each 0 to ${WORK_MAX_MS} ms; ${median(runs.map(({ rate }) => rate)).toFixed(0)}/s, ${elapsed.toFixed(2)} × a bare loop's ${bare.toFixed(0)}/s, which late timers of a busy machine blur`,
  };
}

/**
 * Speed-up by lanes of records that take 0 to 5 ms, timed in the handler: a work that a busy machine makes longer counts for as
 * long, so that only what the trigger leaves idle is missing from the speed-up.
 */
export async function run({ progress }: { readonly progress: Progress }): Promise<BenchResult[]> {
  progress.step('bench', 'lanes: starting a broker');
  const broker = await streamBroker();
  try {
    for (const keys of new Set(CASES.map((each) => each.keys))) {
      await broker.createStream(`keys-${keys}`);
      await fillStream(broker, `keys-${keys}`, countOf(keys), (index) => record(index, keys));
    }
    const results: BenchResult[] = [];
    for (const { keys, batchSize } of CASES) {
      results.push(await measure(broker.url, keys, batchSize));
    }
    return results;
  } finally {
    await broker.close();
  }
}
