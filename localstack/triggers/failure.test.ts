import fc from 'fast-check';
import { expect, test } from 'vitest';
import { failureOf } from './failure.ts';
import { fullJitterMs } from './jitter.ts';

test.each([
  [new TypeError('bad'), { code: 'TypeError', name: 'TypeError', message: 'bad' }],
  [Object.assign(new Error('gone'), { code: 'ECONNRESET' }), { code: 'ECONNRESET', name: 'Error', message: 'gone' }],
  [
    { code: 7, message: 'seven' },
    { code: '7', name: 'Error', message: 'seven' },
  ],
  ['text', { code: 'Error', name: 'Error', message: 'text' }],
  [undefined, { code: 'Error', name: 'Error', message: 'undefined' }],
])('%o', (thrown, failure) => expect(failureOf(thrown)).toEqual(failure));

test('whatever is thrown makes a failure that jsonb can store', () => {
  const hostile = new Proxy({}, { get: () => fc.constant(0) && JSON.parse('{') });
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string({ unit: 'binary' }), fc.constant(hostile)), (thrown) => {
      const failure = failureOf(thrown);
      return Object.values(failure).every(
        (text) => text.isWellFormed() && !text.includes('\0') && text.length <= 2_000,
      );
    }),
  );
});

test('a delay lies between its bounds, and its ceiling doubles by attempt', () => {
  const bounds = { minimumMs: 100, maximumMs: 10_000 };
  expect([1, 2, 3, 10, 5_000].map((attempt) => fullJitterMs(attempt, bounds, 0.999999))).toEqual([
    200, 400, 800, 10_000, 10_000,
  ]);
  expect(fullJitterMs(9, bounds, 0)).toBe(100);
  expect(fullJitterMs(3, { minimumMs: 0, maximumMs: 0 }, 0.5)).toBe(0);
});
