import { expect, test } from 'vitest';
import { z } from 'zod';
import { faultsOf } from './faults.ts';

const schema = z.strictObject({
  name: z.string(),
  size: z.strictObject({ width: z.int() }).optional(),
  marks: z.record(z.string().regex(/^a/, 'begins with a'), z.int()).optional(),
});
const wordsOf = (data: unknown) =>
  faultsOf(schema.safeParse(data).error ?? new z.ZodError([])).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

test.each<[unknown, string[]]>([
  [{}, ['name: is missing']],
  [{ name: 1 }, ['name: expected string, received number']],
  [{ name: 'a', nmae: 1, extra: 2 }, ['nmae: there is no such field here', 'extra: there is no such field here']],
  [{ name: 'a', size: { width: 1, w: 2 } }, ['size.w: there is no such field here']],
  [{ name: 'a', marks: { b: 1 } }, ['marks.b: begins with a']],
  [undefined, [': is missing']],
  [{ name: 'a' }, []],
])('%j', (data, words) => {
  expect(wordsOf(data)).toEqual(words);
});
