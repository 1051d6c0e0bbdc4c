import { describe, expect, test } from 'vitest';
import { NOTHING_FAILED } from '../batch-response.ts';
import { record, records, THROWN, told } from './test-machine.ts';

describe('ends', () => {
  test('a drain lets what is in flight finish, leaves the rest, and stores the checkpoint', () => {
    const { tell, active } = told({ checkpointRecords: 9 });
    active();
    tell(records(0, 1));
    tell(records(2));
    expect(tell({ type: 'stop' })).toEqual([]);
    expect(tell(records(3))).toEqual([]);
    expect(tell({ type: 'settled', batch: 1, failures: NOTHING_FAILED })).toEqual(['store 2: 2']);
    expect(tell({ type: 'checkpointStored', store: 2 })).toEqual(['finished']);
    expect(tell({ type: 'tick' })).toEqual([]);
  });

  test('giving up on a drain still stores what is done; said again it does not wait for that', () => {
    const { tell, active } = told({ checkpointRecords: 9, batchSize: 1 });
    active();
    tell(records(0, 1));
    tell({ type: 'settled', batch: 1, failures: NOTHING_FAILED });
    tell({ type: 'stop' });
    expect(tell({ type: 'abandon' })).toEqual(['store 3: 1']);
    expect(tell({ type: 'abandon' })).toEqual(['finished']);
  });

  test('a drain whose last store fails ends all the same', () => {
    const { tell, active } = told({ checkpointRecords: 9 });
    active();
    tell({ type: 'records', records: [record(0, { filtered: true })] });
    expect(tell({ type: 'stop' })).toEqual(['store 1: 1']);
    expect(tell({ type: 'checkpointFailed', store: 1 })).toEqual(['finished']);
  });

  test('never active: nothing to wait for', () => {
    expect(told().tell({ type: 'stop' })).toEqual(['finished']);
  });

  test('the partition moves and comes back: an outcome of before moves nothing, and its lane waits for it', () => {
    const { tell, active } = told({ checkpointRecords: 1 });
    active();
    tell(records(0, 1));
    expect(tell({ type: 'deactivated' })).toEqual([]);
    expect(tell(records(2))).toEqual([]);
    active();
    expect(tell(records(0, 1))).toEqual([]);
    expect(tell({ type: 'settled', batch: 1, failures: NOTHING_FAILED })).toEqual(['invoke 2: 0,1']);
    expect(tell({ type: 'settled', batch: 2, failures: NOTHING_FAILED })).toEqual(['store 3: 2']);
  });
});

describe('a drain and the failure destination', () => {
  const exhausted = () => {
    const { tell, active } = told({ maximumRetryAttempts: 0 });
    active();
    tell(records(0));
    expect(tell({ type: 'settled', batch: 1, failures: THROWN })).toEqual(['send 2: 0 RetryAttemptsExhausted 1']);
    return tell;
  };

  test('a send under way is waited for, and not tried again', () => {
    const tell = exhausted();
    expect(tell({ type: 'stop' })).toEqual([]);
    expect(tell({ type: 'sendFailed', send: 2 })).toEqual(['finished']);
  });

  test('a send that waits for its next try is left', () => {
    const tell = exhausted();
    tell({ type: 'sendFailed', send: 2 });
    expect(tell({ type: 'stop' })).toEqual(['finished']);
  });

  test('a send is not waited for any more when the drain is given up on', () => {
    const tell = exhausted();
    expect(tell({ type: 'abandon' })).toEqual(['finished']);
  });
});

test('an answer to a store of an earlier activation is not taken for one of this', () => {
  const { tell, active } = told({ checkpointRecords: 1 });
  const filtered = { type: 'records', records: [record(0, { filtered: true })] } as const;
  active();
  expect(tell(filtered)).toEqual(['filtered 1', 'store 1: 1']);
  tell({ type: 'deactivated' });
  active();
  expect(tell(filtered)).toEqual(['filtered 1', 'store 2: 1']);
  tell({ type: 'checkpointStored', store: 1 });
  expect(tell({ type: 'stop' })).toEqual([]);
  expect(tell({ type: 'checkpointStored', store: 2 })).toEqual(['finished']);
});

describe('back-pressure', () => {
  test('reading pauses at the bound and resumes at half of it', () => {
    const { tell, active } = told({ checkpointRecords: 99, batchSize: 2 });
    active();
    expect(tell(records(0, 1, 2, 3, 4, 5, 6))).toEqual(['invoke 1: 0,1']);
    expect(tell(records(7))).toEqual(['pause']);
    expect(tell({ type: 'settled', batch: 1, failures: NOTHING_FAILED })).toEqual(['invoke 2: 2,3']);
    expect(tell({ type: 'settled', batch: 2, failures: NOTHING_FAILED })).toEqual(['resume', 'invoke 3: 4,5']);
  });

  test('a batch that cannot grow while reading is paused does not wait for its window', () => {
    const { tell, active } = told({ windowMs: 500, recordsInHandMax: 2 });
    active();
    expect(tell(records(0))).toEqual([]);
    expect(tell(records(1))).toEqual(['pause', 'invoke 1: 0,1']);
  });

  test('after the partition has come back reading is not paused', () => {
    const { tell, active } = told({ recordsInHandMax: 2, batchSize: 1, checkpointRecords: 9 });
    active();
    expect(tell(records(0, 1))).toContain('pause');
    tell({ type: 'deactivated' });
    expect(active()).toEqual([]);
    expect(tell(records(0))).toEqual([]);
    expect(tell(records(1))).toEqual(['pause']);
  });
});
