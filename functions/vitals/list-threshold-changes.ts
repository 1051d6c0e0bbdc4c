// Promise: paging from nextCursor to nextCursor shows every change of thresholds once, by whom and why, those made by hand included.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { pageLimit } from '../../shared/http/page-limit.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { sequenceCursor } from '../../shared/http/sequence-cursor.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { listThresholdChanges, thresholdChangePage } from '../../shared/vitals/threshold-change-store.ts';

/** About 1 MB of JSON: each has two documents. */
const MAX_PAGE = 250;

export const handler = httpHandler({
  name: 'list-threshold-changes',
  stage: 'vitals',
  method: 'GET',
  access: STAFF,
  query: z.strictObject({ since: sequenceCursor, limit: pageLimit(MAX_PAGE) }),
  answers: { 200: thresholdChangePage },
  problems: DATABASE_PROBLEMS,
  async respond({ query: { since, limit }, recordMetric }) {
    const body = await listThresholdChanges(since, limit, { database: database(), recordMetric });
    return { status: 200, body, logged: { changes: body.changes.length } };
  },
});
