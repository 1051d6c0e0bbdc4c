import { z } from 'zod';
import { pageLimit } from '../http/page-limit.ts';
import { LIST_BEGINNING, listStartSchema } from './notification-cursor.ts';

/** About 400 KB of JSON, well under the 6 MB that a Lambda may answer. */
const MAX_PAGE = 1_000;

/** The query of every list of notifications: where to start and how many, at most. */
export const notificationQuery = z.strictObject({
  since: listStartSchema.default(LIST_BEGINNING),
  limit: pageLimit(MAX_PAGE),
});
