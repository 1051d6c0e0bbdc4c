import { describe, expect, test } from 'vitest';
import { readBatchResponse } from './batch-response.ts';

const BATCH = new Set(['1', '2', '3']);
const failing = (response: unknown) => {
  const read = readBatchResponse(response, BATCH);
  return read.type === 'all' ? 'all' : [...read.failures.keys()];
};

describe("Lambda's success conditions", () => {
  test.each([[null], [undefined], [''], [{}], [{ batchItemFailures: [] }], [{ batchItemFailures: null }]])(
    '%j: the whole batch succeeded',
    (response) => expect(failing(response)).toEqual([]),
  );
});

describe("Lambda's failure conditions", () => {
  test.each([
    [{ batchItemFailures: [{ itemIdentifier: '' }] }],
    [{ batchItemFailures: [{ itemIdentifier: null }] }],
    [{ batchItemFailures: [{ itemIdentifier: 'unknown' }] }],
    [{ batchItemFailures: [{ messageId: '1' }] }],
    [{ batchItemFailures: [{ itemIdentifier: '1' }, { itemIdentifer: '2' }] }],
    [{ batchItemFailures: ['1'] }],
    [{ batchItemFailures: { itemIdentifier: '1' } }],
    [[{ itemIdentifier: '1' }]],
    ['done'],
  ])('%j: the whole batch failed', (response) => expect(failing(response)).toBe('all'));
});

test('what is listed failed, and nothing else', () => {
  const items = [{ itemIdentifier: '3' }, { itemIdentifier: '1' }, { itemIdentifier: '3' }];
  expect(failing({ batchItemFailures: items })).toEqual(['3', '1']);
});

test('an item may say why', () => {
  const error = Object.assign(new RangeError('too old'), { code: 'TOO_OLD' });
  const read = readBatchResponse({ batchItemFailures: [{ itemIdentifier: '1', error }] }, BATCH);
  expect(read.type === 'listed' && read.failures.get('1')).toEqual({
    code: 'TOO_OLD',
    name: 'RangeError',
    message: 'too old',
  });
});
