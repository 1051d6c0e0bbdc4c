// Promise: the event as it stands now; one that was answered with 202 is there.
import { z } from 'zod';
import { httpHandler } from '../../shared/handlers.ts';
import { HttpError } from '../../shared/http/problem.ts';
import { medicalEventId } from '../../shared/medical-events/event-message.ts';
import { findEvent } from '../../shared/medical-events/event-read-store.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = httpHandler({
  name: 'get-event',
  stage: 'medical-events',
  method: 'GET',
  path: z.object({ eventId: medicalEventId }),
  async respond({ path: { eventId }, recordMetric }) {
    const event = await findEvent(eventId, { database: database(), recordMetric });
    if (event === undefined) throw new HttpError('event_not_found', 'No event with this eventId was accepted.');
    return { status: 200, body: event, logged: { eventId } };
  },
});
