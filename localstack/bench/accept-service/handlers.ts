// Promise: what event-accept.bench.ts compares; publishOnly answers 202 once the stream has the event, and knows of no other.
import { randomUUID } from 'node:crypto';
import { httpHandler } from '../../../shared/handlers.ts';
import { medicalEventBody } from '../../../shared/medical-events/event-message.ts';
import { publishToStream } from '../../../shared/stream/process-publisher.ts';

export { handler as postEvent } from '../../../functions/medical-events/post-event.ts';
export { handler as authorize } from '../../../functions/ops/authorize.ts';
export { handler as healthz } from '../../../functions/ops/healthz.ts';

export const publishOnly = httpHandler({
  name: 'publish-only',
  stage: 'medical-events',
  method: 'POST',
  access: 'public',
  body: medicalEventBody,
  answers: {},
  async respond({ body, traceparent }) {
    const eventId = randomUUID();
    const { patientId } = body;
    const value = { ...body, version: 1, eventId, acceptedAt: new Date().toISOString() };
    await publishToStream('medical-events', {
      partitionBy: patientId,
      key: patientId,
      value,
      properties: { eventId, traceparent },
    });
    return { status: 202, body: { eventId, status: 'queued' }, logged: { eventId } };
  },
});
