import { type Batch, gather, type KeyGroup, type Lane, newLane, takeBatch, type Work } from './batching.ts';
import { type Heap, heap } from './heap.ts';
import type { Lanes } from './lanes.ts';
import type { MachineOptions, MachineRecord } from './machine-types.ts';

/** One key's records; a slot of the `parallelizationFactor` only while one of its batches is in flight. */
interface KeyLane<R> extends Lane<R> {
  readonly group: KeyGroup<R>;
  /** Batches that failed and may be passed by later records until they are due. */
  aside: Batch<R>[];
  /** Counts what its places in the heaps are worth: only the last one is. */
  place: number;
}

interface Place<R> {
  readonly lane: KeyLane<R>;
  readonly place: number;
  readonly dueMs: number;
  /** Of the first record that is to be invoked with. */
  readonly offset: bigint;
}

const ALWAYS = Number.NEGATIVE_INFINITY;
const offsetOf = <R>(batch: { readonly works: readonly Work<R>[] } | undefined): bigint =>
  batch?.works[0]?.position.offset ?? 0n;

/**
 * A lane for each key, of which so many are invoked at once: no key waits behind another's slow or failing record. A free
 * place goes to the key whose next record is the oldest, so long keys keep up with short ones where their records are mixed.
 * There is no window: a record whose key is idle is invoked as soon as there is a place.
 */
export function createKeyLanes<R extends MachineRecord>(options: MachineOptions): Lanes<R> {
  const lanes = new Map<string, KeyLane<R>>();
  const slots = Array.from({ length: options.parallelizationFactor }, (_, index) => index).reverse();
  const ready = heap<Place<R>>((one, other) => one.offset < other.offset);
  const later = heap<Place<R>>((one, other) => one.dueMs < other.dueMs);

  function laneOf(key: string): KeyLane<R> {
    const known = lanes.get(key);
    if (known !== undefined) return known;
    const lane = newLane<R>(-1) as KeyLane<R>;
    const group: KeyGroup<R> = { key, lane, records: 0, held: 0 };
    Object.assign(lane, { group, aside: [], place: 0 });
    lanes.set(key, lane);
    return lane;
  }

  /** Gives the lane its places among those that wait; what it had before is void. */
  function arrange(lane: KeyLane<R>): void {
    lane.place += 1;
    if (lane.inFlight !== undefined) return;
    const { place } = lane;
    const [retry] = lane.retrying;
    const [fresh] = lane.gathering;
    for (const batch of retry === undefined ? lane.aside : [...lane.aside, retry]) {
      later.push({ lane, place, dueMs: batch.dueMs, offset: offsetOf(batch) });
    }
    if (retry === undefined && fresh !== undefined) ready.push({ lane, place, dueMs: ALWAYS, offset: offsetOf(fresh) });
  }

  function first(places: Heap<Place<R>>): Place<R> | undefined {
    for (let top = places.peek(); top !== undefined; top = places.peek()) {
      if (top.place === top.lane.place) return top;
      places.pop();
    }
    return undefined;
  }

  function left(works: readonly Work<R>[]): void {
    for (const { group } of works) {
      if (group === undefined) continue;
      group.records -= 1;
      if (group.records === 0) lanes.delete(group.key);
    }
  }

  /** A batch that was passed is next once it is due, the oldest of them. */
  function takeFrom(lane: KeyLane<R>, nowMs: number): Batch<R> | undefined {
    const due = lane.aside.filter(({ dueMs }) => dueMs <= nowMs);
    if (due.length === 0) return takeBatch(lane);
    const oldest = due.reduce((one, other) => (offsetOf(other) < offsetOf(one) ? other : one));
    lane.aside = lane.aside.filter((batch) => batch !== oldest);
    return oldest;
  }

  return {
    add(record, position, nowMs) {
      const lane = laneOf(record.key);
      lane.group.records += 1;
      gather(lane, { record, position, arrivedMs: nowMs, group: lane.group }, options);
      if (lane.gathering.length === 1 && lane.gathering[0]?.works.length === 1) arrange(lane);
    },
    next(nowMs) {
      if (slots.length === 0) return undefined;
      for (let due = first(later); due !== undefined && due.dueMs <= nowMs; due = first(later)) {
        later.pop();
        ready.push(due);
      }
      const chosen = first(ready);
      if (chosen === undefined) return undefined;
      const { lane } = chosen;
      lane.place += 1;
      const batch = takeFrom(lane, nowMs);
      if (batch === undefined) return undefined;
      lane.index = slots.pop() ?? 0;
      return { lane, batch };
    },
    ended(lane) {
      lane.inFlight = undefined;
      slots.push(lane.index);
      arrange(lane as KeyLane<R>);
    },
    left,
    retry(lane, batches) {
      const own = lane as KeyLane<R>;
      // What was one batch keeps its order: beside one that may not be passed, one that may be waits as well.
      if (batches.every(({ works }) => works.every(({ record }) => record.passable))) own.aside.push(...batches);
      else own.retrying.unshift(...batches);
      arrange(own);
    },
    clear() {
      for (const lane of lanes.values()) {
        for (const { works } of [...lane.aside, ...lane.retrying, ...lane.gathering]) left(works);
        lane.aside = [];
        lane.retrying = [];
        lane.gathering = [];
        lane.place += 1;
      }
      ready.clear();
      later.clear();
    },
    nextMs() {
      if (slots.length === 0) return undefined;
      return first(ready) ? ALWAYS : first(later)?.dueMs;
    },
  };
}
