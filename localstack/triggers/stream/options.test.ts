import { describe, expect, test } from 'vitest';
import { TriggerOptionsError } from '../option-faults.ts';
import { parseRabbitmqStreamOptions } from './options.ts';
import { machineOptions } from './tuning.ts';

const BASE = { stream: 'vitals', startingPosition: 'TRIM_HORIZON' };
const faultsOf = (raw: unknown) => {
  const parsed = parseRabbitmqStreamOptions(raw);
  return parsed.ok ? [] : parsed.faults.map(({ option }) => option);
};

const DEFAULTS = {
  stream: 'vitals',
  superStream: undefined,
  startingPosition: 'TRIM_HORIZON',
  startingPositionTimestampMs: undefined,
  batchSize: 100,
  maximumBatchingWindow: 0,
  parallelizationFactor: 1,
  maximumRetryAttempts: -1,
  maximumRecordAgeInSeconds: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: false,
  onFailure: undefined,
  filterPatterns: [],
  passablePatterns: [],
  maximumConcurrency: undefined,
  checkpoint: 'broker',
  consumerName: undefined,
  retryDelay: { minimum: 0.1, maximum: 10 },
  enabled: true,
};

test("the defaults are Kinesis' own", () => {
  expect(parseRabbitmqStreamOptions(BASE)).toEqual({ ok: true, options: DEFAULTS });
});

test('numbers and booleans may be strings, as variables of serverless.yml make them', () => {
  const raw = {
    superStream: 'alerts.raw',
    startingPosition: 'AT_TIMESTAMP',
    startingPositionTimestamp: '1700000000',
    batchSize: '10000',
    maximumBatchingWindow: '300',
    parallelizationFactor: '10',
    maximumRetryAttempts: '0',
    maximumRecordAgeInSeconds: '604800',
    bisectBatchOnFunctionError: 'true',
    functionResponseType: 'ReportBatchItemFailures',
    destinations: { onFailure: 'dead-letters' },
    filterPatterns: [{ data: { kind: ['alert'] } }],
    checkpoint: 'postgres',
    consumerName: 'alerts-worker',
    retryDelay: { minimum: '0.5', maximum: '2' },
    enabled: 'false',
  };
  expect(parseRabbitmqStreamOptions(raw)).toEqual({
    ok: true,
    options: {
      stream: undefined,
      superStream: 'alerts.raw',
      startingPosition: 'AT_TIMESTAMP',
      startingPositionTimestampMs: 1_700_000_000_000,
      batchSize: 10_000,
      maximumBatchingWindow: 300,
      parallelizationFactor: 10,
      maximumRetryAttempts: 0,
      maximumRecordAgeInSeconds: 604_800,
      bisectBatchOnFunctionError: true,
      reportBatchItemFailures: true,
      onFailure: 'dead-letters',
      filterPatterns: [{ data: { kind: ['alert'] } }],
      passablePatterns: [],
      maximumConcurrency: undefined,
      checkpoint: 'postgres',
      consumerName: 'alerts-worker',
      retryDelay: { minimum: 0.5, maximum: 2 },
      enabled: false,
    },
  });
});

test('each key has a lane of its own where the concurrency is bounded by the number of keys', () => {
  const parsed = parseRabbitmqStreamOptions({
    ...BASE,
    maximumConcurrency: '500',
    passablePatterns: [{ data: { a: [1] } }],
  });
  if (!parsed.ok) throw new Error('refused');
  expect(machineOptions(parsed.options)).toMatchObject({ laneOfEachKey: true, parallelizationFactor: 500 });
  expect(faultsOf({ ...BASE, maximumConcurrency: 5, parallelizationFactor: 2 })).toEqual(['maximumConcurrency']);
  expect(faultsOf({ ...BASE, maximumConcurrency: 5, maximumBatchingWindow: 1 })).toEqual(['maximumConcurrency']);
  expect(faultsOf({ ...BASE, maximumConcurrency: 1_001 })).toEqual(['maximumConcurrency']);
  expect(faultsOf({ ...BASE, passablePatterns: [{ data: { a: [1] } }] })).toEqual(['passablePatterns']);
  expect(faultsOf({ ...BASE, maximumConcurrency: 5, passablePatterns: [{ data: 1 }] })).toEqual([
    'passablePatterns[0]',
  ]);
});

test.each([
  [null, ['(all)']],
  ['vitals', ['(all)']],
  [[], ['(all)']],
  [{}, ['startingPosition', 'stream']],
  [{ startingPosition: 'LATEST' }, ['stream']],
  [{ stream: 'a' }, ['startingPosition']],
  [{ stream: 'a', superStream: 'b', startingPosition: 'LATEST' }, ['superStream']],
  [{ stream: '', startingPosition: 'LATEST' }, ['stream']],
  [{ stream: 5, startingPosition: 'LATEST' }, ['stream']],
  [{ stream: 'a\n', startingPosition: 'LATEST' }, ['stream']],
  [{ superStream: 'é'.repeat(121), startingPosition: 'LATEST' }, ['superStream']],
  [{ stream: 'a', startingPosition: 'latest' }, ['startingPosition']],
  [{ stream: 'a', startingPosition: 'AT_TIMESTAMP' }, ['startingPositionTimestamp']],
  [{ ...BASE, startingPositionTimestamp: 1 }, ['startingPositionTimestamp']],
  [{ ...BASE, startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: 'noon' }, ['startingPositionTimestamp']],
  [{ ...BASE, startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: -1 }, ['startingPositionTimestamp']],
  [{ ...BASE, batchSize: 0 }, ['batchSize']],
  [{ ...BASE, batchSize: 10_001 }, ['batchSize']],
  [{ ...BASE, batchSize: 1.5 }, ['batchSize']],
  [{ ...BASE, batchSize: 'many' }, ['batchSize']],
  [{ ...BASE, maximumBatchingWindow: 301 }, ['maximumBatchingWindow']],
  [{ ...BASE, maximumBatchingWindow: -1 }, ['maximumBatchingWindow']],
  [{ ...BASE, parallelizationFactor: 0 }, ['parallelizationFactor']],
  [{ ...BASE, parallelizationFactor: 11 }, ['parallelizationFactor']],
  [{ ...BASE, maximumRetryAttempts: -2 }, ['maximumRetryAttempts']],
  [{ ...BASE, maximumRetryAttempts: 10_001 }, ['maximumRetryAttempts']],
  [{ ...BASE, maximumRecordAgeInSeconds: 0 }, ['maximumRecordAgeInSeconds']],
  [{ ...BASE, maximumRecordAgeInSeconds: 59 }, ['maximumRecordAgeInSeconds']],
  [{ ...BASE, maximumRecordAgeInSeconds: 604_801 }, ['maximumRecordAgeInSeconds']],
  [{ ...BASE, bisectBatchOnFunctionError: 'yes' }, ['bisectBatchOnFunctionError']],
  [{ ...BASE, functionResponseType: 'reportBatchItemFailures' }, ['functionResponseType']],
  [{ ...BASE, destinations: 'dead' }, ['destinations']],
  [{ ...BASE, destinations: {} }, ['destinations.onFailure']],
  [{ ...BASE, destinations: { onSuccess: 'a', onFailure: 'b' } }, ['destinations.onSuccess']],
  [{ ...BASE, destinations: { onFailure: 'vitals' } }, ['destinations.onFailure']],
  [{ ...BASE, filterPatterns: [] }, ['filterPatterns']],
  [{ ...BASE, filterPatterns: [{ data: 'alert' }] }, ['filterPatterns[0]']],
  [{ ...BASE, filterPatterns: [{ data: ['a'] }, { data: [] }] }, ['filterPatterns[1]']],
  [{ ...BASE, checkpoint: 'redis' }, ['checkpoint']],
  [{ ...BASE, consumerName: '' }, ['consumerName']],
  [{ ...BASE, consumerName: 'x'.repeat(256) }, ['consumerName']],
  [{ ...BASE, retryDelay: { minimum: 5, maximum: 2 } }, ['retryDelay']],
  [{ ...BASE, retryDelay: { min: 5 } }, ['retryDelay.min']],
  [{ ...BASE, enabled: 'no' }, ['enabled']],
  [{ ...BASE, batchsize: 5 }, ['batchsize']],
  [{ ...BASE, constructor: 1 }, ['constructor']],
  [{ ...BASE, surprise: 1, batchSize: 0, checkpoint: 1 }, ['surprise', 'batchSize', 'checkpoint']],
] as [unknown, string[]][])('%j is refused', (raw, options) => expect(faultsOf(raw)).toEqual(options));

test.each([
  [new Date('2026-01-31T12:00:00Z'), Date.UTC(2026, 0, 31, 12)],
  ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
  ['2026-01-31T13:00:00+01:00', Date.UTC(2026, 0, 31, 12)],
  [1.5, 1_500],
  [0, 0],
])('startingPositionTimestamp %j is taken', (startingPositionTimestamp, expected) => {
  const parsed = parseRabbitmqStreamOptions({ ...BASE, startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp });
  expect(parsed).toMatchObject({ ok: true, options: { startingPositionTimestampMs: expected } });
});

test('the error names function, trigger, option, what was found and what is allowed', () => {
  const parsed = parseRabbitmqStreamOptions({ ...BASE, parallelizationFactor: 12 });
  if (parsed.ok) throw new Error('accepted');
  const place = { function: 'consume', trigger: 'rabbitmqStream (events[0])' };
  expect(new TriggerOptionsError(parsed.faults.map((fault) => ({ ...fault, ...place }))).message).toBe(
    'Trigger options in serverless.yml are wrong:\n' +
      '  function consume, trigger rabbitmqStream (events[0]), option parallelizationFactor: found 12, ' +
      'allowed: an integer from 1 to 10',
  );
});

describe('what follows from the options', () => {
  const machineOf = (raw: object) => {
    const parsed = parseRabbitmqStreamOptions({ ...BASE, ...raw });
    if (!parsed.ok) throw new Error('refused');
    return machineOptions(parsed.options);
  };
  test('-1 is without limit; seconds are milliseconds', () => {
    expect(machineOf({})).toMatchObject({ maximumRetryAttempts: Infinity, maximumRecordAgeMs: Infinity, windowMs: 0 });
    expect(
      machineOf({ maximumRetryAttempts: 2, maximumRecordAgeInSeconds: 60, maximumBatchingWindow: 3 }),
    ).toMatchObject({ maximumRetryAttempts: 2, maximumRecordAgeMs: 60_000, windowMs: 3_000 });
  });
  test.each([
    ['broker', false],
    ['postgres', true],
    ['handler', true],
  ])('checkpoint: %s: a handler that may move it is told where it will be', (checkpoint, announceCheckpoint) => {
    expect(machineOf({ checkpoint })).toMatchObject({ announceCheckpoint });
  });
  test('two full batches of each lane fit in hand', () => {
    expect(machineOf({ batchSize: 10_000, parallelizationFactor: 10 }).recordsInHandMax).toBe(200_000);
  });
});
