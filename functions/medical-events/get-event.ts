// Promise: the event as it stands now; one that was answered with 202 is there.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS, HttpError } from '../../shared/http/problem.ts';
import { medicalEventId } from '../../shared/medical-events/event-message.ts';
import { findEvent } from '../../shared/medical-events/event-read-store.ts';
import { storedEvent } from '../../shared/medical-events/stored-event.ts';
import { database } from '../../shared/postgres/process-database.ts';

export const handler = httpHandler({
  name: 'get-event',
  stage: 'medical-events',
  method: 'GET',
  access: STAFF,
  path: z.object({ eventId: medicalEventId }),
  answers: { 200: storedEvent },
  problems: ['event_not_found', ...DATABASE_PROBLEMS],
  async respond({ path: { eventId }, recordMetric }) {
    const event = await findEvent(eventId, { database: database(), recordMetric });
    if (event === undefined) throw new HttpError('event_not_found', 'No event with this eventId was accepted.');
    return { status: 200, body: event, logged: { eventId } };
  },
});
