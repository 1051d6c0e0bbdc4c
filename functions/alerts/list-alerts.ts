// Promise: paging from nextCursor to nextCursor shows every alert that is asked for, the newest first.
import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { alertItem } from '../../shared/alert-desk/alert-item.ts';
import { listAlerts } from '../../shared/alert-desk/alert-list-store.ts';
import { SEVERITIES, type Severity } from '../../shared/alerts/alert-kinds.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { pageLimit } from '../../shared/http/page-limit.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { topicLevelSchema } from '../../shared/mqtt/device-topic.ts';
import { database } from '../../shared/postgres/process-database.ts';

/** About 1 MB of JSON. */
const MAX_PAGE = 1_000;
const severities = Object.keys(SEVERITIES) as [Severity, ...Severity[]];

export const handler = httpHandler({
  name: 'list-alerts',
  stage: 'alerts',
  method: 'GET',
  access: STAFF,
  query: z.strictObject({
    ward: topicLevelSchema.optional(),
    status: z.enum(['open', 'all']).default('open'),
    priority: z.enum(severities).optional(),
    patientId: topicLevelSchema.optional(),
    limit: pageLimit(MAX_PAGE),
    cursor: z
      .string()
      .regex(/^\d{1,18}$/, 'must be a nextCursor')
      .optional()
      .describe('a nextCursor'),
  }),
  answers: { 200: z.strictObject({ alerts: z.array(alertItem), nextCursor: z.string().optional() }) },
  problems: DATABASE_PROBLEMS,
  async respond({ query, recordMetric }) {
    const { alerts, nextCursor } = await listAlerts(query, { database: database(), recordMetric });
    const next = nextCursor === undefined ? {} : { nextCursor };
    return { status: 200, body: { alerts, ...next }, logged: { alerts: alerts.length } };
  },
});
