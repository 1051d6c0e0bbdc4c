// Promise: paging from nextCursor to nextCursor shows every scope that is set, and whether its thresholds hold.

import { z } from 'zod';
import { STAFF } from '../../shared/access/principal.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { pageLimit } from '../../shared/http/page-limit.ts';
import { DATABASE_PROBLEMS } from '../../shared/http/problem.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { storedThresholds } from '../../shared/vitals/threshold-document.ts';
import { scopeSchema } from '../../shared/vitals/threshold-scope.ts';
import { listThresholds } from '../../shared/vitals/threshold-store.ts';

/** About 1 MB of JSON. */
const MAX_PAGE = 500;

export const handler = httpHandler({
  name: 'list-thresholds',
  stage: 'vitals',
  method: 'GET',
  access: STAFF,
  query: z.strictObject({ cursor: scopeSchema.describe('a nextCursor').optional(), limit: pageLimit(MAX_PAGE) }),
  answers: { 200: z.strictObject({ scopes: z.array(storedThresholds), nextCursor: z.string().optional() }) },
  problems: DATABASE_PROBLEMS,
  async respond({ query: { cursor, limit }, recordMetric }) {
    const scopes = await listThresholds(cursor ?? '', limit, { database: database(), recordMetric });
    const last = scopes.at(-1);
    const next = scopes.length === limit && last ? { nextCursor: last.scope } : {};
    return { status: 200, body: { scopes, ...next }, logged: { scopes: scopes.length } };
  },
});
