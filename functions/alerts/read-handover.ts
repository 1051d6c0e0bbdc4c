// Promise: what the next shift has to know of a ward's alerts: what goes on, what was closed and why, who answered.
import { STAFF } from '../../shared/access/principal.ts';
import { handoverSchema } from '../../shared/alert-desk/handover.ts';
import { readHandover } from '../../shared/alert-desk/handover-store.ts';
import { hoursQuery, windowOf } from '../../shared/alert-desk/hours-query.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';

const SHIFT_H = 12;
const THREE_DAYS_H = 72;

export const handler = httpHandler({
  name: 'read-handover',
  stage: 'alerts',
  method: 'GET',
  access: STAFF,
  query: hoursQuery(SHIFT_H, THREE_DAYS_H),
  answers: { 200: handoverSchema },
  problems: DATABASE_PROBLEMS,
  async respond({ query, recordMetric }) {
    const body = await readHandover(windowOf(query), { database: database(), recordMetric });
    return { status: 200, body, logged: { ward: query.ward, open: body.open.length, closed: body.closed.length } };
  },
});
