// Promise: 202 says that the event is in the stream; it will be processed once, after those of its patient that were accepted before.
import { httpHandler } from '../../shared/handlers.ts';
import { acceptEvent } from '../../shared/medical-events/accept-events.ts';
import { medicalEventBody } from '../../shared/medical-events/event-message.ts';

export const handler = httpHandler({
  name: 'post-event',
  stage: 'medical-events',
  method: 'POST',
  body: medicalEventBody,
  async respond({ body, traceparent, recordMetric }) {
    const eventId = await acceptEvent(body, { traceparent, recordMetric });
    return {
      status: 202,
      headers: { location: `/events/${eventId}` },
      body: { eventId, status: 'queued' },
      logged: { eventId },
    };
  },
});
