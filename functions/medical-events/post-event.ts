// Promise: 202 says that the event is in the stream; it will be processed once, after those of its patient that were accepted before.
import { httpHandler } from '../../shared/handlers.ts';
import { HttpError } from '../../shared/http/problem.ts';
import { acceptEvents } from '../../shared/medical-events/accept-events.ts';
import { medicalEventBody } from '../../shared/medical-events/event-message.ts';

export const handler = httpHandler({
  name: 'post-event',
  stage: 'medical-events',
  method: 'POST',
  body: medicalEventBody,
  async respond({ body, traceparent, recordMetric }) {
    const [accepted] = await acceptEvents([body], { traceparent, recordMetric });
    if (accepted === undefined) throw new Error('an event has no outcome');
    if ('error' in accepted) throw accepted.error;
    const { eventId, outcome } = accepted;
    if (outcome === 'different')
      throw new HttpError('event_conflict', 'An event with this eventId and another content was accepted before.');
    return {
      status: 202,
      headers: { location: `/events/${eventId}` },
      body: { eventId, status: 'queued' },
      logged: { eventId },
    };
  },
});
