import { type Batch, dueMs, gather, type KeyGroup, type Lane, newLane, takeBatch, type Work } from './batching.ts';
import type { Position } from './checkpoint.ts';
import type { MachineOptions, MachineRecord } from './machine-types.ts';

/** Lanes (Kinesis' concurrent batches of a shard) that share the keys out among themselves. */
export interface Lanes<R extends MachineRecord> {
  add(record: R, position: Position, nowMs: number): void;
  /** Takes a batch that is due and its lane, which is busy until it has `ended`. */
  next(nowMs: number, isPaused: boolean): { readonly lane: Lane<R>; readonly batch: Batch<R> } | undefined;
  /** What was taken of this lane is no longer in flight. */
  ended(lane: Lane<R>): void;
  /** A batch that was taken has ended: all of it, or the part that is no longer to be invoked. */
  left(works: readonly Work<R>[]): void;
  /** These come back; nothing of them has left. */
  retry(lane: Lane<R>, batches: readonly Batch<R>[]): void;
  /** Forgets what waits; what is in flight still holds its lane and its keys. */
  clear(): void;
  nextMs(isPaused: boolean): number | undefined;
}

const isFree = <R>({ held, records }: KeyGroup<R>) => held === 0 && records > 0;

/**
 * Of each key the records are invoked with in their order and never two batches at once: a key belongs to one lane for as long
 * as any record of it is in hand. Which lane that is differs from Kinesis, where a hash decides and leaves lanes empty beside
 * others with several keys: here it is the one with the fewest records, and a lane that has nothing left takes over keys that
 * only wait behind a busy one's. Keys on 10 lanes, speed-up by a hash at the most: 10 keys 3.3, 100 keys 7.1, 1,000 keys 8.8
 * (medians of 50 sets of keys); so: 9.9 of each (lanes.bench.ts).
 */
export function createLanes<R extends MachineRecord>(options: MachineOptions): Lanes<R> {
  const lanes = Array.from({ length: options.parallelizationFactor }, (_, index) => newLane<R>(index));
  const [onlyLane] = lanes.length === 1 ? lanes : [];
  const groups = new Map<string, KeyGroup<R>>();

  /** Counts a change of a key's records on its lane. */
  function change(group: KeyGroup<R>, records: number, held: number): void {
    const wasFree = isFree(group);
    group.records += records;
    group.held += held;
    group.lane.records += records;
    group.lane.freeKeys += Number(isFree(group)) - Number(wasFree);
    if (group.records === 0) groups.delete(group.key);
  }

  function groupOf(key: string): KeyGroup<R> | undefined {
    const known = groups.get(key);
    if (known !== undefined) return known;
    const lane = lanes.reduce((least, other) => (other.records < least.records ? other : least));
    const group: KeyGroup<R> = { key, lane, records: 0, held: 0 };
    groups.set(key, group);
    return group;
  }

  function left(works: readonly Work<R>[]): void {
    for (const { group } of works) if (group !== undefined) change(group, -1, -1);
  }

  const isBusy = ({ inFlight, retrying }: Lane<R>) => inFlight !== undefined || retrying.length > 0;

  /** Moves about half of what waits on the busy lane with the most, in whole keys, to one that has nothing. */
  function relieve(idle: Lane<R>): boolean {
    const movable = lanes.filter((lane) => lane.freeKeys > 0 && isBusy(lane));
    const [first, ...others] = movable;
    if (first === undefined) return false;
    const from = others.reduce((most, other) => (other.records > most.records ? other : most), first);
    const waiting = from.gathering.flatMap(({ works }) => works);
    let wanted = Math.ceil(waiting.length / 2);
    from.gathering = [];
    for (const work of waiting) {
      const { group } = work;
      if (group !== undefined && group.lane === from && group.held === 0 && wanted > 0) {
        wanted -= group.records;
        move(group, idle);
      }
      gather(group?.lane ?? from, work, options);
    }
    return true;
  }

  function move(group: KeyGroup<R>, to: Lane<R>): void {
    group.lane.records -= group.records;
    group.lane.freeKeys -= 1;
    group.lane = to;
    to.records += group.records;
    to.freeKeys += 1;
  }

  function take(nowMs: number, isPaused: boolean): { lane: Lane<R>; batch: Batch<R> } | undefined {
    for (const lane of lanes) {
      if ((dueMs(lane, options, isPaused) ?? Infinity) > nowMs) continue;
      const isRetry = lane.retrying.length > 0;
      const batch = takeBatch(lane);
      if (batch === undefined) continue;
      // What is retried has been held since its first invocation.
      if (!isRetry) for (const { group } of batch.works) if (group !== undefined) change(group, 0, 1);
      return { lane, batch };
    }
    return undefined;
  }

  return {
    add(record, position, nowMs) {
      const group = onlyLane === undefined ? groupOf(record.key) : undefined;
      const lane = onlyLane ?? group?.lane;
      if (lane === undefined) return;
      if (group !== undefined) change(group, 1, 0);
      gather(lane, { record, position, arrivedMs: nowMs, group }, options);
    },
    next(nowMs, isPaused) {
      const taken = take(nowMs, isPaused);
      if (taken !== undefined || onlyLane !== undefined) return taken;
      const idle = lanes.find((lane) => !isBusy(lane) && lane.gathering.length === 0);
      return idle !== undefined && relieve(idle) ? this.next(nowMs, isPaused) : undefined;
    },
    ended(lane) {
      lane.inFlight = undefined;
    },
    left,
    retry(lane, batches) {
      lane.retrying.unshift(...batches);
    },
    clear() {
      for (const lane of lanes) {
        for (const { works } of lane.retrying) left(works);
        for (const { works } of lane.gathering) for (const { group } of works) if (group) change(group, -1, 0);
        lane.gathering = [];
        lane.retrying = [];
      }
    },
    nextMs(isPaused) {
      const times = lanes.map((lane) => dueMs(lane, options, isPaused)).filter((atMs) => atMs !== undefined);
      return times.length === 0 ? undefined : Math.min(...times);
    },
  };
}
