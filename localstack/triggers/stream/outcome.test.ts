import { expect, test } from 'vitest';
import { readBatchResponse } from '../batch-response.ts';
import type { Failure } from '../event-source.ts';
import type { Batch } from './batching.ts';
import type { MachineRecord } from './machine-types.ts';
import { judge } from './outcome.ts';

const THROWN: Failure = { code: 'Error', name: 'Error', message: 'thrown' };

function batchOf(offsets: readonly number[], retries = 0): Batch<MachineRecord> {
  const works = offsets.map((n) => {
    const offset = BigInt(n);
    const record = { offset, key: 'k', bytes: 1, timestampMs: 0, filtered: false, passable: false, undecodable: false };
    return { record, position: { offset, bytes: 1, done: false }, arrivedMs: 0 };
  });
  return { works, retries, invokeCount: retries + 1, failures: retries, dueMs: 0 };
}

const response = (...items: readonly unknown[]) => ({
  batchItemFailures: items.map((itemIdentifier) => ({ itemIdentifier })),
});

/** The first is refused for good, the others are not. */
const refused = (...items: readonly string[]) => ({
  batchItemFailures: items.map((itemIdentifier, index) => ({
    itemIdentifier,
    error: { code: 'poison', message: 'no', retriable: index > 0 ? undefined : false },
  })),
});

interface Case {
  readonly offsets?: readonly number[];
  readonly retries?: number;
  readonly answer: unknown;
  readonly maximumRetryAttempts?: number;
  readonly bisect?: boolean;
}

/** Offsets that are done, of each batch to retry with its retries, and that are given up on. */
function judged({ offsets = [1, 2, 3, 4, 5], retries = 0, answer, maximumRetryAttempts = 3, bisect = false }: Case) {
  const batch = batchOf(offsets, retries);
  const identifiers = new Set(offsets.map(String));
  const failures =
    answer === 'throws' || answer === 'throttled'
      ? ({ type: 'all', failure: answer === 'throws' ? THROWN : { ...THROWN, retriable: true as const } } as const)
      : readBatchResponse(answer, identifiers);
  const { done, retry, exhausted, refused } = judge(batch, failures, {
    maximumRetryAttempts,
    bisectBatchOnFunctionError: bisect,
  });
  const numbers = (works: Batch<MachineRecord>['works']) => works.map(({ record }) => Number(record.offset));
  const again = retry.map(({ works, retries: used }) => [numbers(works), used]);
  const alone = numbers(refused.map(({ work }) => work));
  return [numbers(done), again, numbers(exhausted), ...(alone.length > 0 ? [alone] : [])];
}

const ALL = [1, 2, 3, 4, 5];
test.each([
  ['null', { answer: null }, [ALL, [], []]],
  ['an empty response', { answer: {} }, [ALL, [], []]],
  ['an empty list', { answer: response() }, [ALL, [], []]],
  ['a null list', { answer: { batchItemFailures: null } }, [ALL, [], []]],
  ['an empty itemIdentifier', { answer: response('') }, [[], [[ALL, 1]], []]],
  ['a null itemIdentifier', { answer: response(null) }, [[], [[ALL, 1]], []]],
  ['an unknown itemIdentifier', { answer: response('3', '9') }, [[], [[ALL, 1]], []]],
  ['a wrong key name', { answer: { batchItemFailures: [{ identifier: '3' }] } }, [[], [[ALL, 1]], []]],
  ['one failure: it and all after it', { answer: response('3') }, [[1, 2], [[[3, 4, 5], 1]], []]],
  ['two failures: from the lower one on', { answer: response('5', '2') }, [[1], [[[2, 3, 4, 5], 1]], []]],
  ['refused: given up on alone', { answer: refused('3') }, [[1, 2, 4, 5], [], [], [3]]],
  ['refused behind a failure: the failure comes first', { answer: refused('4', '2') }, [[1], [[[2, 3, 4, 5], 1]], []]],
  ['refused before a failure: both', { answer: refused('1', '3') }, [[2], [[[3, 4, 5], 1]], [], [1]]],
  ['a thrown error', { answer: 'throws' }, [[], [[ALL, 1]], []]],
  ['the last retry', { answer: 'throws', retries: 2 }, [[], [[ALL, 3]], []]],
  ['no retry left', { answer: 'throws', retries: 3 }, [[], [], ALL]],
  ['no retry left, some done', { answer: response('4'), retries: 3 }, [[1, 2, 3], [], [4, 5]]],
  ['retries of none', { answer: 'throws', maximumRetryAttempts: 0 }, [[], [], ALL]],
  [
    'retries for ever',
    { answer: 'throws', retries: 10_001, maximumRetryAttempts: Infinity },
    [[], [[ALL, 10_002]], []],
  ],
  ['throttled, which is not the function: no retry counts', { answer: 'throttled', retries: 3 }, [[], [[ALL, 3]], []]],
  ['throttled with bisect: no split', { answer: 'throttled', retries: 3, bisect: true }, [[], [[ALL, 3]], []]],
  [
    'bisect: two halves, no retry counts',
    { answer: 'throws', bisect: true, retries: 3 },
    [
      [],
      [
        [[1, 2, 3], 3],
        [[4, 5], 3],
      ],
      [],
    ],
  ],
  ['bisect at the failure that was returned', { answer: response('3'), bisect: true }, [[1, 2], [[[3, 4, 5], 0]], []]],
  [
    'bisect when the first failed: nothing was done, so in two',
    { answer: response('1', '4'), bisect: true },
    [
      [],
      [
        [[1, 2, 3], 0],
        [[4, 5], 0],
      ],
      [],
    ],
  ],
  ['bisect at the last', { answer: response('5'), bisect: true }, [[1, 2, 3, 4], [[[5], 0]], []]],
  ['bisect of one record: a retry', { offsets: [7], answer: 'throws', bisect: true }, [[], [[[7], 1]], []]],
  [
    'bisect of one record, no retry left',
    { offsets: [7], answer: response('7'), retries: 3, bisect: true },
    [[], [], [7]],
  ],
] as [string, Case, unknown][])('%s', (_name, given, expected) => {
  expect(judged(given)).toEqual(expected);
});
