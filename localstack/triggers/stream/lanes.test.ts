import { expect, test } from 'vitest';
import { NOTHING_FAILED } from '../batch-response.ts';
import { record, THROWN, told } from './test-machine.ts';

const keyed = (keys: string, from = 0) =>
  ({ type: 'records', records: [...keys].map((key, index) => record(from + index, { key })) }) as const;
const succeeded = (batch: number) => ({ type: 'settled', batch, failures: NOTHING_FAILED }) as const;
const lanes = (parallelizationFactor: number) =>
  told({ parallelizationFactor, batchSize: 1, checkpointRecords: 99, recordsInHandMax: 99 });

test('as many keys as lanes: each has its own', () => {
  const { tell, active } = lanes(10);
  active();
  expect(tell(keyed('abcdefghij'))).toHaveLength(10);
});

test('a lane that has nothing left takes over a key that waits behind a busy one', () => {
  const { tell, active } = lanes(2);
  active();
  expect(tell(keyed('abcd'))).toEqual(['invoke 1: 0', 'invoke 2: 1']);
  expect(tell(succeeded(2))).toEqual(['invoke 3: 3']);
  expect(tell(succeeded(3))).toEqual(['invoke 4: 2']);
});

test('a key that is in flight is not taken over, however much of it waits', () => {
  const { tell, active } = lanes(2);
  active();
  expect(tell(keyed('aaab'))).toEqual(['invoke 1: 0', 'invoke 2: 3']);
  expect(tell(succeeded(2))).toEqual([]);
  expect(tell(succeeded(1))).toEqual(['invoke 3: 1']);
});

test('a key that waits for its retry keeps to its lane; others leave it', () => {
  const { tell, active } = lanes(2);
  active();
  expect(tell(keyed('abca'))).toEqual(['invoke 1: 0', 'invoke 2: 1']);
  // c has gone to the first lane, behind a.
  expect(tell({ type: 'settled', batch: 1, failures: THROWN })).toEqual(['retry 0 in 100']);
  expect(tell(succeeded(2))).toEqual(['invoke 3: 2']);
  expect(tell(succeeded(3))).toEqual([]);
  expect(tell({ type: 'tick' }, 100)).toEqual(['invoke 4: 0']);
  expect(tell(succeeded(4))).toEqual(['invoke 5: 3']);
});

test('what is in flight from an earlier activation holds its key until it has ended', () => {
  const { tell, active } = lanes(2);
  active();
  expect(tell(keyed('aa'))).toEqual(['invoke 1: 0']);
  tell({ type: 'deactivated' });
  active();
  expect(tell(keyed('ab'))).toEqual(['invoke 2: 1']);
  expect(tell(succeeded(1))).toEqual(['invoke 3: 0']);
});
