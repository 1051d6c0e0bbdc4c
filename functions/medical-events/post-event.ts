// Promise: 202 says that the event is in the stream; it will be processed once, after those of its patient that were accepted before.

import { z } from 'zod';
import { DEVICES } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { ACCEPT_PROBLEMS, acceptEvent } from '../../shared/medical-events/accept-events.ts';
import { medicalEventBody, medicalEventId } from '../../shared/medical-events/event-message.ts';

export const handler = httpHandler({
  name: 'post-event',
  stage: 'medical-events',
  method: 'POST',
  access: DEVICES,
  body: medicalEventBody,
  answers: { 202: z.strictObject({ eventId: medicalEventId, status: z.literal('queued') }) },
  problems: ACCEPT_PROBLEMS,
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
