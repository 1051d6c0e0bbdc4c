import { type BenchResult, measureRatio, percentile } from '../../bench/bench-result.ts';
import { alertRecord, alertRecords, consumeRaw, fillStream, rateOf } from '../../bench/stream-backlog.ts';
import { drainThroughTrigger } from '../../bench/stream-drain.ts';
import type { Progress } from '../../setup/progress.ts';
import { decodeMessage } from '../stream-client/amqp-message.ts';
import { streamBroker } from '../stream-client/test-stream-broker.ts';
import { eventRecord, kinesisEvent } from './event.ts';

const STREAM = 'trigger';
const RECORDS = 200_000;
const BATCH_SIZES = [100, 1_000, 5_000];
const ROUNDS = 5;
/** What is left of it once batches, lanes, checkpoint, AWS's shape and base64 are paid for. */
const TARGET = 0.45;
const SHAPE_RECORDS = 1_000;
const SHAPE_ROUNDS = 200;
const SHAPE_TARGET_US = 3;
const US_PER_MS = 1_000;
const MIDDLE = 0.5;

/** Median microseconds a record of `work`, which does all of {@link SHAPE_RECORDS}. */
function costUs(work: () => unknown): number {
  const costs = Array.from({ length: SHAPE_ROUNDS }, () => {
    const startedMs = performance.now();
    work();
    return ((performance.now() - startedMs) * US_PER_MS) / SHAPE_RECORDS;
  });
  return percentile(costs, MIDDLE);
}

/** AWS's shape by itself: making the event of a batch, and reading its data back. */
function shape(): BenchResult {
  const bytes = alertRecord('patient-1');
  const message = decodeMessage(bytes);
  const context = { stream: STREAM, topicLevel: undefined, passes: undefined, isPassable: undefined, clockAheadMs: 0 };
  const records = Array.from({ length: SHAPE_RECORDS }, (_, index) =>
    eventRecord({ offset: BigInt(index), timestampMs: Date.now(), bytes, message }, context),
  );
  const make = () => kinesisEvent(records, undefined);
  const { Records } = make();
  const makeUs = costUs(make);
  const encodeUs = costUs(() => records.map(({ content }) => content.toString('base64')));
  const readUs = costUs(() => Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString()));
  const bothUs = makeUs + readUs;
  return {
    name: "stream trigger: a record in AWS's shape, made and its data read",
    target: `< ${SHAPE_TARGET_US} µs`,
    measured: `${bothUs.toFixed(2)} µs`,
    holds: bothUs < SHAPE_TARGET_US,
    detail: `made in ${makeUs.toFixed(2)} µs, ${encodeUs.toFixed(2)} of them base64; read back as text in ${readUs.toFixed(2)} µs; ${records[0]?.content.length} bytes`,
  };
}

/** The trigger with a handler that does nothing, against a consumer that decodes and counts. */
export async function run({ progress }: { readonly progress: Progress }): Promise<BenchResult[]> {
  progress.step('bench', `stream-trigger: a broker and ${RECORDS} records`);
  const broker = await streamBroker();
  const { url } = broker;
  try {
    await broker.createStream(STREAM);
    await fillStream(broker, STREAM, RECORDS, alertRecords());
    const raw = () => rateOf(RECORDS, () => consumeRaw(url, STREAM, RECORDS));
    const results: BenchResult[] = [];
    for (const batchSize of BATCH_SIZES) {
      const drain = { url, stream: STREAM, count: RECORDS, options: { batchSize }, handle: () => undefined };
      const ours = () => rateOf(RECORDS, () => drainThroughTrigger(drain));
      const measured = await measureRatio(ROUNDS, ours, raw);
      results.push({
        name: `stream trigger: handler that does nothing, batchSize ${batchSize}`,
        target: `≥ ${TARGET} ×`,
        measured: `${measured.ratio.toFixed(2)} ×`,
        holds: measured.ratio >= TARGET,
        detail: `${measured.ours.toFixed(0)} records/s against ${measured.bare.toFixed(0)}/s of a consumer that decodes and counts`,
      });
    }
    return [...results, shape()];
  } finally {
    await broker.close();
  }
}
