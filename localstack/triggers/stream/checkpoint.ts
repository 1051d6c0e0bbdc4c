import { fifo } from '../fifo.ts';

/** A record in hand, as the checkpoint sees it. */
export interface Position {
  readonly offset: bigint;
  readonly bytes: number;
  done: boolean;
}

interface CheckpointPolicy {
  readonly checkpointRecords: number;
  readonly checkpointIntervalMs: number;
}

/** The positions of one activation, from the first unfinished on, and what of them is stored. */
export interface Checkpoint {
  /** Undefined: it was there before, or is below where reading began. */
  take(offset: bigint, bytes: number): Position | undefined;
  done(position: Position): void;
  /** Where the checkpoint is once these are done as well; undefined when it does not move by that. */
  after(finishing: readonly Position[]): bigint | undefined;
  /** The store to begin now; `force`: at the end of a drain, however little there is to store. */
  toStore(nowMs: number, force: boolean): { readonly store: number; readonly offset: bigint } | undefined;
  answered(store: number, stored: boolean): void;
  /** Stops waiting for an answer. */
  forgetStore(): void;
  isStoring(): boolean;
  /** When `toStore` has something by time alone. */
  nextStoreMs(): number | undefined;
  inHand(): { readonly records: number; readonly bytes: number };
}

/**
 * Tracks how far all is done: positions are finished in any order, the checkpoint moves over those that are done
 * without a gap. It is the offset after the last of them, so it can be stored as it is: a 0, which the broker's client
 * takes for none, does not occur. One store at a time, so that no older one comes after a newer.
 * @param nextStore numbers the stores; the answer to one of an earlier activation is thereby unknown here
 */
export function checkpointFrom(
  fromOffset: bigint,
  policy: CheckpointPolicy,
  nowMs: number,
  nextStore: () => number,
): Checkpoint {
  const positions = fifo<Position>();
  let next = fromOffset;
  let checkpoint = fromOffset;
  let bytes = 0;
  let asked = fromOffset;
  let stored = fromOffset;
  let passed = 0;
  let lastMs = nowMs;
  let storing: number | undefined;

  return {
    take(offset, size) {
      if (offset < next) return undefined;
      next = offset + 1n;
      const position: Position = { offset, bytes: size, done: false };
      positions.push(position);
      bytes += size;
      return position;
    },
    done(position) {
      if (position.done) return;
      position.done = true;
      bytes -= position.bytes;
      for (let first = positions.first(); first?.done === true; first = positions.first()) {
        checkpoint = first.offset + 1n;
        passed += 1;
        positions.shift();
      }
    },
    after(finishing) {
      const these = new Set(finishing);
      let reached: bigint | undefined;
      for (const position of positions.values()) {
        if (!position.done && !these.has(position)) break;
        reached = position.offset + 1n;
      }
      return reached;
    },
    toStore(atMs, force) {
      if (storing !== undefined || checkpoint === stored) return undefined;
      const isDue = passed >= policy.checkpointRecords || atMs >= lastMs + policy.checkpointIntervalMs;
      if (!force && !isDue) return undefined;
      storing = nextStore();
      asked = checkpoint;
      passed = 0;
      lastMs = atMs;
      return { store: storing, offset: checkpoint };
    },
    answered(store, wasStored) {
      if (store !== storing) return;
      storing = undefined;
      if (wasStored) stored = asked;
    },
    forgetStore() {
      storing = undefined;
      stored = checkpoint;
    },
    isStoring: () => storing !== undefined,
    nextStoreMs: () =>
      storing === undefined && checkpoint !== stored ? lastMs + policy.checkpointIntervalMs : undefined,
    inHand: () => ({ records: positions.length(), bytes }),
  };
}
