import { expect, test } from 'vitest';
import { retainedIndex } from './retained-index.ts';
import { quiet } from './testing/sdk-client.ts';

test('that the broker had none is no news of a message published meanwhile', () => {
  const index = retainedIndex([['a', 1]], () => undefined, quiet);
  const known = index.entry('a');
  index.published('a');
  index.cleared('a', known);
  expect(index.page('', 10)).toEqual(['a']);
  index.cleared('a', index.entry('a'));
  expect(index.page('', 10)).toEqual([]);
});

test('it keeps 50,000 topics, and says once that there are more', () => {
  const warnings: string[] = [];
  const logger = { ...quiet, warn: (message: string) => void warnings.push(message) };
  const index = retainedIndex([], () => undefined, logger);
  for (let i = 0; i < 50_002; i += 1) index.retained(`t/${i}`);
  expect(index.page('', 60_000)).toHaveLength(50_000);
  expect(warnings).toEqual(['more retained topics than are kept track of']);
});
