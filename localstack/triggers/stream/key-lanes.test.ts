import { expect, test } from 'vitest';
import { NOTHING_FAILED } from '../batch-response.ts';
import { record, THROWN, told } from './test-machine.ts';

const keyed = (keys: string, passable: readonly number[] = []) =>
  ({
    type: 'records',
    records: [...keys].map((key, index) => record(index, { key, passable: passable.includes(index) })),
  }) as const;
const succeeded = (batch: number) => ({ type: 'settled', batch, failures: NOTHING_FAILED }) as const;
const failed = (batch: number) => ({ type: 'settled', batch, failures: THROWN }) as const;
const lanes = (maximumConcurrency: number) =>
  told({
    parallelizationFactor: maximumConcurrency,
    laneOfEachKey: true,
    batchSize: 1,
    checkpointRecords: 99,
    recordsInHandMax: 99,
  });

test('as many keys as may run run, each one record at a time', () => {
  const { tell, active } = lanes(3);
  active();
  expect(tell(keyed('aabbccdd'))).toEqual(['invoke 1: 0', 'invoke 2: 2', 'invoke 3: 4']);
  expect(tell(succeeded(2))).toEqual(['invoke 4: 3']);
});

test('a free place goes to the key whose next record is the oldest', () => {
  const { tell, active } = lanes(1);
  active();
  expect(tell(keyed('abcab'))).toEqual(['invoke 1: 0']);
  const inTurn = [1, 2, 3, 4].map((batch) => tell(succeeded(batch)).join());
  expect(inTurn).toEqual(['invoke 2: 1', 'invoke 3: 2', 'invoke 4: 3', 'invoke 5: 4']);
});

test('a record that waits for its retry holds up its key, and no place', () => {
  const { tell, active } = lanes(1);
  active();
  tell(keyed('aab'));
  expect(tell(failed(1))).toEqual(['retry 0 in 100', 'invoke 2: 2']);
  expect(tell(succeeded(2))).toEqual([]);
  expect(tell({ type: 'tick' }, 100)).toEqual(['invoke 3: 0']);
  expect(tell(succeeded(3))).toEqual(['invoke 4: 1']);
});

test('one that may be passed is passed until its retry is due, and then is next; never two of a key at once', () => {
  const { tell, active, machine } = lanes(2);
  active();
  tell(keyed('aaab', [0]));
  expect(tell(failed(1))).toEqual(['retry 0 in 100', 'invoke 3: 1']);
  expect(machine.nextTickMs()).toBe(undefined);
  expect(tell({ type: 'tick' }, 100)).toEqual([]);
  expect(tell(succeeded(3))).toEqual(['invoke 4: 0']);
  expect(tell(succeeded(4))).toEqual(['invoke 5: 2']);
});

test('a retry of an idle key is ticked for', () => {
  const { tell, active, machine } = lanes(2);
  active();
  tell(keyed('a', [0]));
  tell(failed(1));
  expect(machine.nextTickMs()).toBe(100);
  expect(tell({ type: 'tick' }, 100)).toEqual(['invoke 2: 0']);
});

test('records that are too old take no place', () => {
  const { tell, active } = told({
    parallelizationFactor: 1,
    laneOfEachKey: true,
    maximumRecordAgeMs: 10,
    batchSize: 1,
    onFailure: false,
    checkpointRecords: 99,
  });
  active();
  tell({ type: 'records', records: [record(0, { key: 'a', timestampMs: 80 })] }, 80);
  tell(
    { type: 'records', records: [record(1, { key: 'b', timestampMs: 80 }), record(2, { key: 'c', timestampMs: 100 })] },
    80,
  );
  expect(tell(succeeded(1), 100)).toEqual(['discarded 1 RecordAgeExceeded', 'invoke 2: 2']);
});

test('after a partition has moved and come back, a key whose record is still in flight waits for it', () => {
  const { tell, active } = lanes(2);
  active();
  tell(keyed('ab'));
  tell({ type: 'deactivated' });
  active();
  expect(tell(keyed('abc'))).toEqual([]);
  expect(tell(succeeded(1))).toEqual(['invoke 3: 0']);
  expect(tell(succeeded(2))).toEqual(['invoke 4: 1']);
  expect(tell(succeeded(3))).toEqual(['invoke 5: 2']);
});
