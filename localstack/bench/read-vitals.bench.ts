import { connectAsync } from 'mqtt';
import { readVitals } from '../../shared/vitals/read-vitals.ts';
import type { VitalsMessage } from '../../shared/vitals/vitals-message.ts';
import type { Progress } from '../setup/progress.ts';
import { consumePartition } from '../triggers/stream-client/partition.ts';
import { streamBroker, type TestStreamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import { type BenchResult, measureRatio } from './bench-result.ts';
import { consumeRaw, fillStream, rateOf } from './stream-backlog.ts';
import { drainThroughTrigger } from './stream-drain.ts';

const ARRIVED = 'arrived';
const STREAM = 'vitals';
const RECORDS = 200_000;
const PATIENTS = 500;
const BATCH_SIZES = [100, 1_000];
const ROUNDS = 5;
/** What evaluating is to have left of consuming is 0.3: the rules' share has to fit between. */
const TARGET = 0.35;
const TIME = '2026-01-31T12:00:00.000Z';

/** A second of a monitor: three numbers and the rhythm. */
const messageOf = (patient: number): VitalsMessage => ({
  patientId: `patient-${patient}`,
  ward: 'icu-1',
  bed: `bed-${patient}`,
  deviceId: `monitor-${patient}`,
  readings: [
    { code: '8867-4', value: 60 + (patient % 60), unit: '/min', time: TIME },
    { code: '59408-5', value: 97, unit: '%', time: TIME },
    { code: '9279-1', value: 16.5, unit: '/min', time: TIME, validity: 'questionable' },
    { code: '8884-9', value: 'N', time: TIME, validity: 'valid' },
  ],
});

/** Messages as the broker stores them when they come over MQTT, a patient each. */
async function asTheyArrive(broker: TestStreamBroker): Promise<Buffer[]> {
  await broker.createStream(ARRIVED);
  await broker.bind(ARRIVED, 'hl.#');
  const device = await connectAsync(broker.mqtt, { protocolVersion: 5 });
  for (let patient = 0; patient < PATIENTS; patient += 1) {
    const message = messageOf(patient);
    const { ward, bed, patientId } = message;
    await device.publishAsync(`hl/${ward}/${bed}/${patientId}/vitals`, JSON.stringify(message), { qos: 1 });
  }
  await device.endAsync();
  const client = await broker.connect();
  const arrived = Promise.withResolvers<void>();
  const records: Buffer[] = [];
  const consumer = await consumePartition({
    client,
    stream: ARRIVED,
    consumerName: 'bench',
    singleActive: false,
    offset: 'first',
    onRecord({ bytes }) {
      records.push(Buffer.from(bytes));
      if (records.length === PATIENTS) arrived.resolve();
      return undefined;
    },
  });
  await arrived.promise;
  await consumer.close();
  await client.close();
  return records;
}

/** The trigger with a handler that reads each message of vitals, against a consumer that decodes and counts. */
export async function run({ progress }: { readonly progress: Progress }): Promise<BenchResult[]> {
  progress.step('bench', `read-vitals: a broker and ${RECORDS} records`);
  const broker = await streamBroker();
  const { url } = broker;
  try {
    const records = await asTheyArrive(broker);
    const [one = Buffer.alloc(0)] = records;
    await broker.createStream(STREAM);
    await fillStream(broker, STREAM, RECORDS, (index) => records[index % records.length] ?? one);
    const results: BenchResult[] = [];
    for (const batchSize of BATCH_SIZES) {
      let readings = 0;
      const drain = {
        url,
        stream: STREAM,
        count: RECORDS,
        options: { batchSize, partitionKeyTopicLevel: 4 },
        handle: (batch: Parameters<Parameters<typeof drainThroughTrigger>[0]['handle']>[0]) => {
          for (const record of batch) {
            const read = readVitals(record);
            if (!('message' in read)) throw new Error(JSON.stringify(read));
            readings += read.message.readings.length;
          }
        },
      };
      const measured = await measureRatio(
        ROUNDS,
        () => rateOf(RECORDS, () => drainThroughTrigger(drain)),
        () => rateOf(RECORDS, () => consumeRaw(url, STREAM, RECORDS)),
      );
      results.push({
        name: `vitals: trigger with a handler that reads each message, batchSize ${batchSize}`,
        target: `≥ ${TARGET} ×`,
        measured: `${measured.ratio.toFixed(2)} ×`,
        holds: measured.ratio >= TARGET,
        detail: `${measured.ours.toFixed(0)} records/s against ${measured.bare.toFixed(0)}/s of a consumer that decodes and counts; ${readings / RECORDS / ROUNDS} readings and ${one.length} bytes a record`,
      });
    }
    return results;
  } finally {
    await broker.close();
  }
}
