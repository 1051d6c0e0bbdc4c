// Promise: paging from nextCursor to nextCursor shows every notification, each once, in one order.
import { z } from 'zod';
import { LIST_BEGINNING, listStartSchema } from '../../shared/alerts/notification-cursor.ts';
import { listNotifications } from '../../shared/alerts/notification-list-store.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';

const DEFAULT_PAGE = 100;
/** About 400 KB of JSON, well under the 6 MB that a Lambda may answer. */
const MAX_PAGE = 1_000;

const limit = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, `must be a whole number from 1 to ${MAX_PAGE}`)
  .transform(Number)
  .refine((value) => value <= MAX_PAGE, `must be a whole number from 1 to ${MAX_PAGE}`);

export const handler = httpHandler({
  name: 'list-notifications',
  stage: 'db-first',
  method: 'GET',
  query: z.strictObject({ since: listStartSchema.default(LIST_BEGINNING), limit: limit.default(DEFAULT_PAGE) }),
  async respond({ query, ...trail }) {
    const page = await listNotifications(query.since, query.limit, { database: database(), ...trail });
    return { status: 200, body: page, logged: { notifications: page.notifications.length } };
  },
});
