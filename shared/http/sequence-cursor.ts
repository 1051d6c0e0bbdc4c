import { z } from 'zod';

/** Where a list that is numbered as it is written goes on: behind this number, a bigint of Postgres. */
export const sequenceCursor = z
  .string()
  .regex(/^\d{1,18}$/, 'must be a nextCursor')
  .default('0')
  .describe('a nextCursor');
