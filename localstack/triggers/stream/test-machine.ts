import type { Failure } from '../event-source.ts';
import { createMachine } from './machine.ts';
import type { Input, MachineOptions, MachineRecord } from './machine-types.ts';

const FAILURE: Failure = { code: 'Error', name: 'Error', message: 'thrown' };
export const THROWN = { type: 'all', failure: FAILURE } as const;
const OPTIONS: MachineOptions = {
  batchSize: 4,
  batchBytesMax: 6_000_000,
  recordEnvelopeBytes: 512,
  windowMs: 0,
  parallelizationFactor: 1,
  laneOfEachKey: false,
  maximumRetryAttempts: Infinity,
  maximumRecordAgeMs: Infinity,
  bisectBatchOnFunctionError: false,
  onFailure: true,
  onUndecodable: true,
  retryDelay: { minimumMs: 100, maximumMs: 1_000 },
  checkpointRecords: 2,
  checkpointIntervalMs: 1_000,
  announceCheckpoint: false,
  recordsInHandMax: 8,
  bytesInHandMax: 10_000_000,
};

export const record = (offset: number, more: Partial<MachineRecord> = {}): MachineRecord => ({
  offset: BigInt(offset),
  key: 'k',
  bytes: 10,
  timestampMs: 0,
  filtered: false,
  passable: false,
  undecodable: false,
  ...more,
});
export const records = (...offsets: readonly number[]) =>
  ({ type: 'records', records: offsets.map((n) => record(n)) }) as const;

/** Tells a machine what happened, and says what came out in short. */
export function told(options: Partial<MachineOptions> = {}) {
  const machine = createMachine<MachineRecord>({ ...OPTIONS, ...options }, () => 0);
  let nowMs = 0;
  const tell = (input: Input<MachineRecord>, atMs = nowMs): string[] => {
    nowMs = atMs;
    return machine.step(input, nowMs).map((made) => {
      const offsets = 'records' in made && made.type !== 'filtered' ? made.records.map((r) => r.offset).join() : '';
      if (made.type === 'invoke') return `invoke ${made.batch}: ${offsets}`;
      if (made.type === 'sendToDestination')
        return `send ${made.send}: ${offsets} ${made.condition} ${made.invokeCount}`;
      if (made.type === 'discarded') return `discarded ${offsets} ${made.condition}`;
      if (made.type === 'storeCheckpoint') return `store ${made.store}: ${made.offset}`;
      if (made.type === 'retry') return `retry ${offsets} in ${made.delayMs}`;
      return made.type === 'filtered' ? `filtered ${made.records}` : made.type;
    });
  };
  return { tell, machine, active: () => tell({ type: 'activated', fromOffset: 0n }) };
}
