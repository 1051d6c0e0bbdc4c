// Promise: each accepted event is processed to its end once, or given up on with a dead letter; a patient's in their order, one at a time.
import { streamHandler } from '../../shared/handlers.ts';
import { medicalEvent } from '../../shared/medical-events/event-message.ts';
import { processEvent } from '../../shared/medical-events/process-event.ts';
import { eventWork } from '../../shared/medical-events/process-work.ts';

export const handler = streamHandler({
  name: 'process-event',
  stage: 'medical-events',
  schema: medicalEvent,
  partitionKey: ({ patientId }) => patientId,
  async apply(records, { checkpoint, ...trail }) {
    const failures = [];
    for (const { sequenceNumber, message } of records) {
      const source = { owner: checkpoint, offset: BigInt(sequenceNumber) };
      const error = await processEvent(message, source, eventWork(), trail);
      if (error !== undefined) failures.push({ sequenceNumber, error });
    }
    return failures;
  },
});
