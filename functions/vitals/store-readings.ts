// Promise: every reading in the stream that can be made sense of is stored once, for 24 hours; delivered again it changes nothing.
import { batchHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { createPartitionKeeper } from '../../shared/vitals/partition-store.ts';
import { readVitals } from '../../shared/vitals/read-vitals.ts';
import { storeReadings } from '../../shared/vitals/reading-store.ts';
import { storableReadings } from '../../shared/vitals/storable-reading.ts';

const partitions = createPartitionKeeper();

export const handler = batchHandler({
  name: 'store-readings',
  stage: 'vitals',
  read(record) {
    const found = readVitals(record);
    return 'refusal' in found ? found : { taken: found };
  },
  async apply(taken, { log, recordMetric, checkpoint }) {
    const messages = taken.flatMap((one) => ('message' in one ? [one.message] : []));
    const { readings, faults } = storableReadings(messages);
    await partitions.whenDue(database(), log);
    const counts = await storeReadings(readings, { database: database(), recordMetric, checkpoint });
    // After they were stored: what comes again because the database was away is counted once.
    for (const [outcome, count] of faults) recordMetric('readings_taken_total', count, { outcome });
    log.info('readings taken', { ...counts, ...Object.fromEntries(faults) });
    return [];
  },
});
