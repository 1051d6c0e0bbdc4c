// Promise: how many alerts a ward's beds had, by rule and priority, how many were answered, and how soon.
import { STAFF } from '../../shared/access/principal.ts';
import { hoursQuery, windowOf } from '../../shared/alert-desk/hours-query.ts';
import { statisticsSchema } from '../../shared/alert-desk/statistics.ts';
import { readStatistics } from '../../shared/alert-desk/statistics-store.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';

const DAY_H = 24;
const MONTH_H = 31 * DAY_H;

export const handler = httpHandler({
  name: 'read-alert-statistics',
  stage: 'alerts',
  method: 'GET',
  access: STAFF,
  query: hoursQuery(DAY_H, MONTH_H),
  answers: { 200: statisticsSchema },
  problems: DATABASE_PROBLEMS,
  async respond({ query, recordMetric }) {
    const body = await readStatistics(windowOf(query), { database: database(), recordMetric });
    return { status: 200, body, logged: { ward: query.ward, alerts: body.alerts } };
  },
});
