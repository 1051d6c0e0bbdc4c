import { describe, expect, test } from 'vitest';
import { TriggerOptionsError } from '../option-faults.ts';
import { parsePgmqOptions } from './options.ts';

const TIMEOUT_S = 6;
const faultsOf = (raw: unknown, timeoutS = TIMEOUT_S) => {
  const parsed = parsePgmqOptions(raw, timeoutS);
  return parsed.ok ? [] : parsed.faults.map(({ option }) => option);
};

test('the defaults are those of Lambda and SQS', () => {
  expect(parsePgmqOptions({ queue: 'orders' }, TIMEOUT_S)).toEqual({
    ok: true,
    options: {
      queue: 'orders',
      batchSize: 10,
      maximumBatchingWindow: 0,
      visibilityTimeout: 30,
      maximumConcurrency: 5,
      maximumRetryAttempts: 4,
      reportBatchItemFailures: false,
      deadLetterQueue: 'orders_dlq',
      retryDelay: { minimum: 1, maximum: 30 },
      filterPatterns: [],
      enabled: true,
    },
  });
});

test.each([
  [{}, ['queue']],
  [null, ['(all)']],
  ['orders', ['(all)']],
  [{ queue: 'Orders' }, ['queue']],
  [{ queue: 'a--b' }, ['queue']],
  [{ queue: 'q'.repeat(48) }, ['queue']],
  [{ queue: 'q'.repeat(44) }, ['deadLetterQueue']],
  [{ queue: 'q', deadLetterQueue: 'q' }, ['deadLetterQueue']],
  [{ queue: 'q', batchsize: 5 }, ['batchsize']],
  [{ queue: 'q', batchSize: '10' }, ['batchSize']],
  [{ queue: 'q', batchSize: 0 }, ['batchSize']],
  [{ queue: 'q', batchSize: 10_001, maximumBatchingWindow: 1 }, ['batchSize']],
  [{ queue: 'q', batchSize: 2.5 }, ['batchSize']],
  [{ queue: 'q', maximumBatchingWindow: 301, visibilityTimeout: 400 }, ['maximumBatchingWindow']],
  [{ queue: 'q', maximumConcurrency: 0 }, ['maximumConcurrency']],
  [{ queue: 'q', maximumRetryAttempts: -2 }, ['maximumRetryAttempts']],
  [{ queue: 'q', functionResponseType: 'Report' }, ['functionResponseType']],
  [{ queue: 'q', retryDelay: { minimum: -1 } }, ['retryDelay.minimum']],
  [{ queue: 'q', retryDelay: { minimum: 5, maximum: 2 } }, ['retryDelay']],
  [{ queue: 'q', retryDelay: { min: 5 } }, ['retryDelay.min']],
  [{ queue: 'q', filterPatterns: [{ body: { a: [{ prefixx: 'x' }] } }] }, ['filterPatterns[0]']],
  [{ queue: 'q', filterPatterns: 'x' }, ['filterPatterns']],
  [{ queue: 'q', enabled: 'no' }, ['enabled']],
  [{ queue: 'Q', batchSize: 0, surprise: 1, enabled: 1 }, ['surprise', 'queue', 'batchSize', 'enabled']],
] as [unknown, string[]][])('%j is refused', (raw, options) => expect(faultsOf(raw)).toEqual(options));

describe("AWS's rules between options", () => {
  test('a large batch needs no window: pgmq hands out more than ten at a time', () => {
    expect(faultsOf({ queue: 'q', batchSize: 100 })).toEqual([]);
    expect(faultsOf({ queue: 'q', batchSize: 10 })).toEqual([]);
  });
  test('the visibility timeout covers time-out and window', () => {
    expect(faultsOf({ queue: 'q', visibilityTimeout: 9 }, 10)).toEqual(['visibilityTimeout']);
    expect(faultsOf({ queue: 'q', visibilityTimeout: 10 }, 10)).toEqual([]);
    expect(faultsOf({ queue: 'q', visibilityTimeout: 10, maximumBatchingWindow: 1 }, 10)).toEqual([
      'visibilityTimeout',
    ]);
  });
});

test('for ever, and delays that the default must not contradict', () => {
  const parsed = parsePgmqOptions({ queue: 'q', maximumRetryAttempts: -1, retryDelay: { minimum: 60 } }, TIMEOUT_S);
  expect(parsed).toMatchObject({
    ok: true,
    options: { maximumRetryAttempts: -1, retryDelay: { minimum: 60, maximum: 60 } },
  });
  expect(parsePgmqOptions({ queue: 'q', retryDelay: { maximum: 0 } }, TIMEOUT_S)).toMatchObject({
    options: { retryDelay: { minimum: 0, maximum: 0 } },
  });
});

test('the error names function, trigger, option, what was found and what is allowed, for every fault', () => {
  const parsed = parsePgmqOptions({ queue: 'Q', batchSize: '10' }, TIMEOUT_S);
  if (parsed.ok) throw new Error('accepted');
  const place = { function: 'consume', trigger: 'pgmq (events[0])' };
  expect(new TriggerOptionsError(parsed.faults.map((fault) => ({ ...fault, ...place }))).message).toBe(
    'Trigger options in serverless.yml are wrong:\n' +
      '  function consume, trigger pgmq (events[0]), option queue: found "Q", allowed: 1 to 47 of a-z, 0-9, _ and single -, starting with a letter or digit\n' +
      '  function consume, trigger pgmq (events[0]), option batchSize: found "10", allowed: an integer from 1 to 10000',
  );
});
