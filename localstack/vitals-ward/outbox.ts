/**
 * What a ward's central station has yet to get acknowledged, in order. It keeps so many messages at the most: then the oldest of
 * those that are not under way goes, as a monitor overwrites what it kept.
 */
export interface Outbox<T> {
  readonly waiting: number;
  readonly inFlight: number;
  /** Messages that were overwritten. */
  readonly dropped: number;
  /** Of those under way, the one that was sent first. */
  readonly oldestInFlight: T | undefined;
  push(item: T): void;
  /** The next one to send, which is under way from then on; undefined when none waits, or as many are under way as may be. */
  next(): T | undefined;
  /** The broker has it. False when it was not under way. */
  settle(item: T): boolean;
  /** The connection is lost: all that was under way waits again, before the others. */
  giveBack(): void;
}

export interface OutboxLimits {
  /** In all; more than may be under way, so that there is one to overwrite. */
  readonly mostKept: number;
  readonly mostInFlight: number;
}

/** So many places at the front that were left are given up at once. */
const COMPACT_AFTER = 1_024;

/** @throws RangeError when all that is kept could be under way */
export function createOutbox<T>({ mostKept, mostInFlight }: OutboxLimits): Outbox<T> {
  if (mostKept <= mostInFlight) throw new RangeError(`keep more than the ${mostInFlight} messages under way`);
  let queue: T[] = [];
  let head = 0;
  let dropped = 0;
  const inFlight = new Set<T>();
  const shift = (): T | undefined => {
    const item = queue[head];
    if (head < queue.length) head += 1;
    if (head >= COMPACT_AFTER) {
      queue = queue.slice(head);
      head = 0;
    }
    return item;
  };
  return {
    get waiting() {
      return queue.length - head;
    },
    get inFlight() {
      return inFlight.size;
    },
    get dropped() {
      return dropped;
    },
    get oldestInFlight() {
      return inFlight.values().next().value;
    },
    push(item) {
      queue.push(item);
      if (queue.length - head + inFlight.size <= mostKept) return;
      shift();
      dropped += 1;
    },
    next() {
      if (inFlight.size >= mostInFlight) return undefined;
      const item = shift();
      if (item !== undefined) inFlight.add(item);
      return item;
    },
    settle: (item) => inFlight.delete(item),
    giveBack() {
      queue = [...inFlight, ...queue.slice(head)];
      head = 0;
      inFlight.clear();
    },
  };
}
