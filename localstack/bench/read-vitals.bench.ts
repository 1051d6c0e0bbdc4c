import { readVitals } from '../../shared/vitals/read-vitals.ts';
import type { VitalsMessage } from '../../shared/vitals/vitals-message.ts';
import type { Progress } from '../setup/progress.ts';
import { streamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import { type BenchResult, measureRatio } from './bench-result.ts';
import { asTheyArrive } from './mqtt-records.ts';
import { consumeRaw, fillStream, rateOf } from './stream-backlog.ts';
import { drainThroughTrigger } from './stream-drain.ts';

const STREAM = 'vitals';
const RECORDS = 200_000;
const PATIENTS = 500;
const BATCH_SIZES = [100, 1_000];
const ROUNDS = 5;
/** What evaluating is to have left of consuming is 0.3: the rules' share has to fit between. */
const TARGET = 0.35;
const TIME = '2026-01-31T12:00:00.000Z';

/** About 300 B, as functions/topology.yml reckons: a number and the rhythm. */
const messageOf = (patient: number): VitalsMessage => ({
  patientId: `patient-${patient}`,
  ward: 'icu-1',
  bed: `bed-${patient}`,
  deviceId: `monitor-${patient}`,
  readings: [
    { code: '8867-4', value: 60 + (patient % 60), unit: '/min', time: TIME },
    { code: '8884-9', value: 'N', time: TIME, validity: 'valid' },
  ],
});

/** The trigger with a handler that reads each message of vitals, against a consumer that decodes and counts. */
export async function run({ progress }: { readonly progress: Progress }): Promise<BenchResult[]> {
  progress.step('bench', `read-vitals: a broker and ${RECORDS} records`);
  const broker = await streamBroker();
  const { url } = broker;
  try {
    const records = await asTheyArrive(
      broker,
      Array.from({ length: PATIENTS }, (_, patient) => {
        const message = messageOf(patient);
        const { ward, bed, patientId } = message;
        return { topic: `hl/${ward}/${bed}/${patientId}/vitals`, payload: JSON.stringify(message) };
      }),
    );
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
