// Promise: a patient's events in the order of ts; paging from nextCursor to nextCursor shows each once, of those there were at the first page.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { idSchema, instantSchema } from '../../shared/alerts/alert-message.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { pageLimit } from '../../shared/http/page-limit.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { eventCursor, placeOf } from '../../shared/medical-events/event-cursor.ts';
import { listEvents } from '../../shared/medical-events/event-read-store.ts';
import { storedEvent } from '../../shared/medical-events/stored-event.ts';
import { database } from '../../shared/postgres/process-database.ts';

/** With data of 32 KiB each this is the payload that Lambda may answer with, 6 MB. */
const MAX_PAGE = 180;
const [BEGINNING, END] = ['1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'];

const query = z.strictObject({
  from: instantSchema.default(BEGINNING),
  to: instantSchema.default(END),
  cursor: eventCursor.optional(),
  limit: pageLimit(MAX_PAGE),
});

export const handler = httpHandler({
  name: 'list-patient-events',
  stage: 'medical-events',
  method: 'GET',
  access: STAFF,
  path: z.object({ patientId: idSchema }),
  query,
  answers: { 200: z.strictObject({ events: z.array(storedEvent), nextCursor: z.string().optional() }) },
  problems: DATABASE_PROBLEMS,
  async respond({ path: { patientId }, query: { from, to, cursor, limit }, recordMetric }) {
    // No event id is before the empty one.
    const after = cursor ?? { ts: from, eventId: '' };
    const events = await listEvents(patientId, { after, to }, limit, { database: database(), recordMetric });
    const last = events.at(-1);
    const next = events.length === limit && last ? { nextCursor: placeOf(last) } : {};
    return { status: 200, body: { events, ...next }, logged: { events: events.length } };
  },
});
