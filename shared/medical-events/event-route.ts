import type { StreamRoute } from '../stream/stream-handler.ts';
import { type MedicalEvent, medicalEvent } from './event-message.ts';
import { type EventWork, processEvent } from './process-event.ts';

/** What a record of the stream is, and what is done with it. */
export const eventRoute = (work: () => EventWork): StreamRoute<MedicalEvent> => ({
  name: 'process-event',
  stage: 'medical-events',
  schema: medicalEvent,
  partitionKey: ({ patientId }) => patientId,
  async apply(records, { checkpoint, log, giveBack }) {
    const failures = [];
    for (const { sequenceNumber, message } of records) {
      const source = { owner: checkpoint, offset: BigInt(sequenceNumber) };
      const error = await processEvent(message, source, work(), { log, giveBack });
      if (error !== undefined) failures.push({ sequenceNumber, error });
    }
    return failures;
  },
});
