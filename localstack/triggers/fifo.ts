/** A queue whose shift does not move what is behind. */
export interface Fifo<T> {
  push(item: T): void;
  shift(): T | undefined;
  first(): T | undefined;
  length(): number;
  /** Takes out what does not pass; returns it in order. */
  takeOut(passes: (item: T) => boolean): T[];
  clear(): T[];
  /** From the first on; not to be used after a change. */
  values(): Iterable<T>;
}

/** Taken items are dropped in bulk once they are this many and half of the list. */
const COMPACT_AT = 512;

export function fifo<T>(): Fifo<T> {
  let items: (T | undefined)[] = [];
  let head = 0;
  const rest = () => items.slice(head) as T[];

  function shift(): T | undefined {
    if (head >= items.length) return undefined;
    const item = items[head];
    // Not to keep what was taken alive.
    items[head] = undefined;
    head += 1;
    if (head >= COMPACT_AT && head * 2 >= items.length) {
      items = items.slice(head);
      head = 0;
    }
    return item;
  }

  return {
    push: (item) => void items.push(item),
    shift,
    first: () => items[head],
    length: () => items.length - head,
    takeOut(passes) {
      const all = rest();
      const taken = all.filter((item) => passes(item));
      if (taken.length > 0) {
        items = all.filter((item) => !passes(item));
        head = 0;
      }
      return taken;
    },
    clear() {
      const all = rest();
      items = [];
      head = 0;
      return all;
    },
    *values() {
      for (let at = head; at < items.length; at += 1) yield items[at] as T;
    },
  };
}
