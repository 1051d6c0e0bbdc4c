import { declareStreams, startTestBroker } from '../testing/broker.ts';
import { streamBroker, type TestStreamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import { benchAlerter } from './bench-alerter.ts';
import { type BenchContext, type BenchResult, measureRatio } from './bench-result.ts';
import { memoryOfReadings, timedReadings } from './evaluate-readings.ts';
import { acrossProcesses } from './evaluate-takeover.ts';
import { asTheyArrive, withPayload } from './mqtt-records.ts';
import { consumeRaw, fillStream, rateOf } from './stream-backlog.ts';
import { type Drain, drainThroughTrigger } from './stream-drain.ts';
import { readWard, take, type Ward } from './ward-messages.ts';

const STREAM = 'vitals';
const ALERTS = 'alerts';
const RECORDS = 200_000;
const BATCH_SIZE = 1_000;
const ROUNDS = 5;
const RATIO_TARGET = 0.3;
/** Ten times what 500 beds send. */
const RATE_TARGET = 22_000;
const MS_PER_S = 1_000;

interface Backlog {
  /** Of each record, when it came, in seconds since 1970: at the ward's pace, however fast it was made. */
  readonly arrivedS: Float64Array;
  readonly readings: number;
}

/** 200 seconds of a hospital, each message as the broker stores it. */
async function fill(broker: TestStreamBroker, ward: Ward): Promise<Backlog> {
  await broker.createStream(ALERTS);
  await broker.createStream(STREAM);
  const stored = await asTheyArrive(
    broker,
    ward.patients.map(({ topic, patientId }) => ({ topic, payload: patientId })),
  );
  const arrivedS = new Float64Array(RECORDS);
  const messages = ward.messages(Date.now());
  let readings = 0;
  await fillStream(broker, STREAM, RECORDS, (index) => {
    const [{ patient, message, sentMs } = missing()] = take(1, messages);
    arrivedS[index] = sentMs / MS_PER_S;
    readings += message.readings.length;
    return withPayload(stored[patient.index] ?? missing(), JSON.stringify(message));
  });
  return { arrivedS, readings };
}

function missing(): never {
  throw new RangeError('no such record');
}

/** evaluate-vitals through the whole trigger, on one core, against a consumer that decodes and counts. */
async function throughTrigger(broker: TestStreamBroker, ward: Ward, databaseUrl: string): Promise<BenchResult[]> {
  const { arrivedS, readings } = await fill(broker, ward);
  const alerter = await benchAlerter(broker.url, ALERTS, databaseUrl);
  try {
    const handle: Drain['handle'] = async (batch, checkpoint) => {
      for (const { kinesis } of batch) {
        kinesis.approximateArrivalTimestamp = arrivedS[Number(kinesis.sequenceNumber)] ?? missing();
      }
      const { batchItemFailures } = await alerter.handler({ Records: batch, checkpoint });
      if (batchItemFailures.length > 0) throw new Error(JSON.stringify(batchItemFailures));
    };
    const options = { batchSize: BATCH_SIZE, partitionKeyTopicLevel: 4, checkpoint: 'handler' };
    const { fencedStore } = alerter;
    const drain = { url: broker.url, stream: STREAM, count: RECORDS, options, handle, fencedStore };
    const { ratio, ours, bare } = await measureRatio(
      ROUNDS,
      () => rateOf(RECORDS, () => drainThroughTrigger(drain)),
      () => rateOf(RECORDS, () => consumeRaw(broker.url, STREAM, RECORDS)),
    );
    const { alertEvents, snapshots } = alerter.counts();
    const rate = (ours * readings) / RECORDS;
    return [
      {
        name: `vitals: evaluate-vitals through the trigger, batchSize ${BATCH_SIZE}`,
        target: `≥ ${RATIO_TARGET} ×`,
        measured: `${ratio.toFixed(2)} ×`,
        holds: ratio >= RATIO_TARGET,
        detail: `${ours.toFixed(0)} messages/s against ${bare.toFixed(0)}/s of a consumer that decodes and counts; a round is ${((arrivedS.at(-1) ?? 0) - (arrivedS[0] ?? 0)).toFixed(0)} s of ${ward.patients.length} beds, with ${alertEvents / ROUNDS} alert events and ${snapshots / ROUNDS} snapshots`,
      },
      {
        name: 'vitals: readings that one worker evaluates',
        target: `≥ ${RATE_TARGET}/s`,
        measured: `${rate.toFixed(0)}/s`,
        holds: rate >= RATE_TARGET,
        detail: `${(readings / RECORDS).toFixed(2)} readings a message; 500 beds send 2,200 a second`,
      },
    ];
  } finally {
    await alerter.close();
  }
}

async function oneWorker(ward: Ward, databaseUrl: string): Promise<BenchResult[]> {
  const broker = await streamBroker();
  try {
    return await throughTrigger(broker, ward, databaseUrl);
  } finally {
    await broker.close();
  }
}

async function workers(ward: Ward, databaseUrl: string): Promise<BenchResult[]> {
  const broker = await startTestBroker();
  try {
    const { endpoints } = broker;
    await declareStreams(endpoints);
    return await acrossProcesses(ward, { databaseUrl, endpoints });
  } finally {
    await broker.remove();
  }
}

/** What the alerter is made for: a hospital's readings, ten times over, on one core. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const ward = await readWard();
  progress.step('bench', 'evaluate-vitals: readings by themselves');
  const alone = [timedReadings(ward), memoryOfReadings(ward)];
  progress.step('bench', `evaluate-vitals: a broker and ${RECORDS} messages`);
  const through = await oneWorker(ward, databaseUrl);
  progress.step('bench', 'evaluate-vitals: workers, one of them killed');
  return [...through, ...alone, ...(await workers(ward, databaseUrl))];
}
