import { z } from 'zod';

/** Lambda: filter criteria hold up to 10 patterns once the quota is raised (5 by default). */
const FILTER_PATTERNS_MAX = 10;
/** `${env:NAME, '0'}` in serverless.yml is a string. */
const NUMERAL = /^-?\d+(\.\d+)?$/;

/** A number that is given as a string, as a number; anything else as it is. */
export const unquoted = (value: unknown) => (typeof value === 'string' && NUMERAL.test(value) ? Number(value) : value);
const unquotedBoolean = (value: unknown) => (value === 'true' ? true : value === 'false' ? false : value);

/** An integer, which may be given as a string. */
export const integer = (minimum: number, maximum: number, byDefault: number) =>
  z.preprocess(unquoted, z.int().min(minimum).max(maximum).default(byDefault));

/** True or false, which may be given as strings. */
export const flag = (byDefault: boolean) => z.preprocess(unquotedBoolean, z.boolean().default(byDefault));

/** A duration, which may be given as a string. */
export const seconds = (maximum: number) => z.preprocess(unquoted, z.number().min(0).max(maximum).optional());

/** What an error says of an integer. */
export const range = (minimum: number, maximum: number, unit = '') => `an integer from ${minimum} to ${maximum}${unit}`;

/** A name that any broker takes. */
export const isName = (bytesMax: number) => (name: string) =>
  name !== '' && Buffer.byteLength(name) <= bytesMax && !/\p{Cc}/u.test(name) && name.isWellFormed();

/** What an error says of such a name. */
export const nameAllowed = (bytesMax: number) => `1 to ${bytesMax} bytes without control characters`;

/** The rule of `retryDelay`: each bound of the given schema. */
export const retryDelayRule = <Bound extends z.ZodType>(bound: Bound, maximumS: number) => ({
  schema: z.strictObject({ minimum: bound, maximum: bound }).optional(),
  allowed: `minimum and maximum, numbers from 0 to ${maximumS} (seconds), minimum not above maximum`,
});

/** The rule of `filterPatterns`; `example` is a pattern in YAML. What is in a pattern is checked by compiling it. */
export const filterPatternsRule = (example: string) => ({
  schema: z.array(z.record(z.string(), z.unknown())).min(1).max(FILTER_PATTERNS_MAX).default([]),
  allowed: `1 to ${FILTER_PATTERNS_MAX} EventBridge-style patterns, such as ${example}`,
});
