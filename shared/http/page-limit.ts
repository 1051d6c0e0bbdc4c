import { z } from 'zod';

const DEFAULT_PAGE = 100;

/** How many entries of a list a request asks for, as a query has it. */
export const pageLimit = (maximum: number) =>
  z.coerce
    .number()
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(maximum, `must be at most ${maximum}`)
    .default(DEFAULT_PAGE);
