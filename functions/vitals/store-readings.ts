// Promise: every reading in the stream that can be made sense of is stored once, for 24 hours; delivered again it changes nothing.
import { streamHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { createPartitionKeeper } from '../../shared/vitals/partition-store.ts';
import { storeReadings } from '../../shared/vitals/reading-store.ts';
import { storableReadings } from '../../shared/vitals/storable-reading.ts';
import { isOfTopic, isPulse, vitalsKey, vitalsRecordSchema } from '../../shared/vitals/vitals-record.ts';

const partitions = createPartitionKeeper();

export const handler = streamHandler({
  name: 'store-readings',
  stage: 'vitals',
  schema: vitalsRecordSchema,
  partitionKey: vitalsKey,
  agrees: isOfTopic,
  async apply(records, { log, recordMetric, checkpoint }) {
    const messages = records.flatMap(({ message }) => (isPulse(message) ? [] : [message]));
    const { readings, faults } = storableReadings(messages);
    await partitions.whenDue(database(), log);
    const counts = await storeReadings(readings, { database: database(), recordMetric, checkpoint });
    // After they were stored: what comes again because the database was away is counted once.
    for (const [outcome, count] of faults) recordMetric('readings_taken_total', count, { outcome });
    log.info('readings taken', { ...counts, ...Object.fromEntries(faults) });
    return [];
  },
});
