import { z } from 'zod';

const DEFAULT_PAGE = 100;

/** How many entries of a list a request asks for, as a query has it: digits, and nothing else that JavaScript takes for a number. */
export function pageLimit(maximum: number) {
  const wrong = `must be a whole number from 1 to ${maximum}`;
  return z
    .string()
    .regex(/^[1-9]\d{0,8}$/, wrong)
    .transform(Number)
    .refine((value) => value <= maximum, wrong)
    .default(DEFAULT_PAGE)
    .meta({
      type: 'integer',
      minimum: 1,
      maximum,
      pattern: undefined,
      description: `${DEFAULT_PAGE} if it is not given`,
    });
}
