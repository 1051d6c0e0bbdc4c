import { describe, expect, test } from 'vitest';
import { NOTHING_FAILED } from '../batch-response.ts';
import { record, records, THROWN, told } from './test-machine.ts';

describe('batches', () => {
  test('without a window what is there goes at once; while it runs the next one gathers', () => {
    const { tell, active } = told();
    active();
    expect(tell(records(0))).toEqual(['invoke 1: 0']);
    expect(tell(records(1, 2, 3, 4, 5))).toEqual([]);
    expect(tell({ type: 'settled', batch: 1, failures: NOTHING_FAILED })).toEqual(['invoke 2: 1,2,3,4']);
  });

  test('the window begins when the invocation before has ended, and a full batch does not wait for it', () => {
    const { tell, active, machine } = told({ windowMs: 500 });
    active();
    expect(tell(records(0), 100)).toEqual([]);
    expect(machine.nextTickMs()).toBe(600);
    expect(tell({ type: 'tick' }, 600)).toEqual(['invoke 1: 0']);
    expect(tell(records(1), 700)).toEqual([]);
    expect(tell({ type: 'settled', batch: 1, failures: NOTHING_FAILED }, 2_000)).toEqual(['store 2: 1']);
    expect(machine.nextTickMs()).toBe(2_500);
    expect(tell(records(2, 3, 4, 5), 2_100)).toEqual(['invoke 3: 1,2,3,4']);
  });

  test('the payload counts base64: three bytes are four', () => {
    const { tell, active } = told({ batchBytesMax: 1_000, recordEnvelopeBytes: 100 });
    active();
    const large = [0, 1, 2].map((offset) => record(offset, { bytes: 300 }));
    expect(tell({ type: 'records', records: large })).toEqual(['invoke 1: 0']);
  });

  test('one lane that fails does not hold up another', () => {
    const { tell, active } = told({ parallelizationFactor: 2, batchSize: 1, checkpointRecords: 9 });
    active();
    const both = [record(0, { key: 'a' }), record(1, { key: 'b' }), record(2, { key: 'a' }), record(3, { key: 'b' })];
    const started = tell({ type: 'records', records: both });
    expect(started).toHaveLength(2);
    const [failing, other] = started[0]?.endsWith(': 0') ? [1, 2] : [2, 1];
    expect(tell({ type: 'settled', batch: failing, failures: THROWN })).toEqual(['retry 0 in 100']);
    expect(tell({ type: 'settled', batch: other, failures: NOTHING_FAILED })).toEqual(['invoke 3: 3']);
  });
});

describe('the checkpoint', () => {
  test('filtered records move it; it is stored by number, by time, and one at a time', () => {
    const { tell, active, machine } = told();
    active();
    const filtered = [0, 1, 2].map((offset) => record(offset, { filtered: true }));
    expect(tell({ type: 'records', records: filtered.slice(0, 2) })).toEqual(['filtered 2', 'store 1: 2']);
    expect(tell({ type: 'records', records: filtered.slice(2) })).toEqual(['filtered 1']);
    expect(machine.nextTickMs()).toBeUndefined();
    tell({ type: 'checkpointStored', store: 1 });
    expect(machine.nextTickMs()).toBe(1_000);
    expect(tell({ type: 'tick' }, 1_000)).toEqual(['store 2: 3']);
    expect(tell({ type: 'checkpointFailed', store: 2 })).toEqual([]);
    expect(tell({ type: 'tick' }, 2_000)).toEqual(['store 3: 3']);
  });

  test('what is below where reading begins, and what comes again, is ignored', () => {
    const { tell } = told({ batchSize: 9 });
    tell({ type: 'activated', fromOffset: 2n });
    expect(tell(records(0, 1, 2, 3))).toEqual(['invoke 1: 2,3']);
    tell(records(2, 3, 4));
    expect(tell({ type: 'settled', batch: 1, failures: NOTHING_FAILED })).toEqual(['invoke 2: 4', 'store 3: 4']);
  });
});

describe('giving up', () => {
  test('out of retries: sent, sent again when that fails, and the checkpoint waits; the lane does not', () => {
    const { tell, active } = told({ maximumRetryAttempts: 0, checkpointRecords: 1 });
    active();
    tell(records(0));
    tell(records(1));
    expect(tell({ type: 'settled', batch: 1, failures: THROWN })).toEqual([
      'send 2: 0 RetryAttemptsExhausted 1',
      'invoke 3: 1',
    ]);
    expect(tell({ type: 'settled', batch: 3, failures: NOTHING_FAILED })).toEqual([]);
    expect(tell({ type: 'sendFailed', send: 2 })).toEqual([]);
    expect(tell({ type: 'tick' }, 100)).toEqual(['send 4: 0 RetryAttemptsExhausted 1']);
    expect(tell({ type: 'sent', send: 2 })).toEqual([]);
    expect(tell({ type: 'sent', send: 4 })).toEqual(['discarded 0 RetryAttemptsExhausted', 'store 5: 2']);
  });

  test('too old before the first invocation and between retries', () => {
    const { tell, active } = told({ maximumRecordAgeMs: 60_000 });
    active();
    const old = record(0, { timestampMs: -60_001 });
    expect(tell({ type: 'records', records: [old, record(1)] })).toEqual([
      'send 1: 0 RecordAgeExceeded 0',
      'invoke 2: 1',
    ]);
    tell({ type: 'settled', batch: 2, failures: THROWN }, 60_000);
    expect(tell({ type: 'tick' }, 60_100)).toEqual(['send 3: 1 RecordAgeExceeded 1']);
  });

  test('undecodable: to the dead letters at once, confirmed before the checkpoint moves', () => {
    const { tell, active } = told({ checkpointRecords: 1 });
    active();
    expect(tell({ type: 'records', records: [record(0, { undecodable: true })] })).toEqual(['send 1: 0 Undecodable 0']);
    expect(tell({ type: 'sent', send: 1 })).toEqual(['discarded 0 Undecodable', 'store 2: 1']);
  });

  test('bisect isolates one bad record of four: its neighbours succeed', () => {
    const bisecting = { bisectBatchOnFunctionError: true, checkpointRecords: 9, checkpointIntervalMs: Infinity };
    const { tell, active } = told({ ...bisecting, maximumRetryAttempts: 1 });
    active();
    let outputs = tell(records(0, 1, 2, 3));
    const seen: string[] = [];
    for (let nowMs = 100; outputs.length > 0; nowMs += 1_000) {
      const [, batch, offsets] = /^invoke (\d+): (.*)$/.exec(outputs.at(-1) ?? '') ?? [];
      if (batch === undefined || offsets === undefined) break;
      seen.push(offsets);
      const isBad = offsets.split(',').includes('2');
      outputs = tell({ type: 'settled', batch: Number(batch), failures: isBad ? THROWN : NOTHING_FAILED });
      if (!outputs.some((made) => made.startsWith('invoke'))) outputs = tell({ type: 'tick' }, nowMs);
    }
    expect(seen).toEqual(['0,1,2,3', '0,1', '2,3', '2', '2', '3']);
  });
});
