import { z } from 'zod';
import { LIST_BEGINNING, listStartSchema } from './notification-cursor.ts';

const DEFAULT_PAGE = 100;
/** About 400 KB of JSON, well under the 6 MB that a Lambda may answer. */
const MAX_PAGE = 1_000;

const limit = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, `must be a whole number from 1 to ${MAX_PAGE}`)
  .transform(Number)
  .refine((value) => value <= MAX_PAGE, `must be a whole number from 1 to ${MAX_PAGE}`);

/** The query of every list of notifications: where to start and how many, at most. */
export const notificationQuery = z.strictObject({
  since: listStartSchema.default(LIST_BEGINNING),
  limit: limit.default(DEFAULT_PAGE),
});
