// Promise: paging from nextCursor to nextCursor shows every attempt that has ended once, of a system at rest.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { pageLimit } from '../../shared/http/page-limit.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { sequenceCursor } from '../../shared/http/sequence-cursor.ts';
import { attemptPage, listAttempts } from '../../shared/medical-events/attempt-read-store.ts';
import { database } from '../../shared/postgres/process-database.ts';

/** About 400 KB of JSON. */
const MAX_PAGE = 1_000;

export const handler = httpHandler({
  name: 'list-event-attempts',
  stage: 'medical-events',
  method: 'GET',
  access: STAFF,
  query: z.strictObject({ since: sequenceCursor, limit: pageLimit(MAX_PAGE) }),
  answers: { 200: attemptPage },
  problems: DATABASE_PROBLEMS,
  async respond({ query: { since, limit }, recordMetric }) {
    const body = await listAttempts(since, limit, { database: database(), recordMetric });
    return { status: 200, body, logged: { attempts: body.attempts.length } };
  },
});
