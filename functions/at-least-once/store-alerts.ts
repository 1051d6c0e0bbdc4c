// Promise: every alert in the stream is stored once, with what staff are to be told; delivered again it changes nothing.
import { storeAlertBatch } from '../../shared/alerts/alert-batch-store.ts';
import { alertMessage } from '../../shared/alerts/alert-message.ts';
import { PermanentError } from '../../shared/errors.ts';
import { streamHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = streamHandler({
  name: 'store-alerts',
  stage: 'at-least-once',
  schema: alertMessage,
  partitionKey: ({ patientId }) => patientId,
  // hl.{ward}.{bed}.{patientId}.alert: a device cannot speak for another ward.
  agrees: ({ ward }, routingKey) => routingKey.split('.')[1] === ward,
  async apply(records, { log, recordMetric, checkpoint }) {
    const batch = records.map(({ message: alert, traceparent }) => ({ alert, traceparent }));
    const outcomes = await storeAlertBatch(batch, { database: database(), recordMetric, checkpoint });
    const taken = (outcome: string) => outcomes.filter((each) => each === outcome).length;
    log.info('alerts taken', { stored: taken('stored'), same: taken('same'), different: taken('different') });
    return records.flatMap(({ sequenceNumber, message: { eventId, patientId }, traceId }, index) => {
      log.debug('alert taken', { outcome: outcomes[index], eventId, patientId, traceId });
      if (outcomes[index] !== 'different') return [];
      const error = new PermanentError('event_conflict', 'Another alert has this eventId; it stays as it is.');
      log.warn('alert refused', { eventId, patientId, traceId, error });
      return [{ sequenceNumber, error }];
    });
  },
});
