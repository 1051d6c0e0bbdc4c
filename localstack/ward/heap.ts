/** A binary min-heap: `pop` gives the item that comes before all others. */
export interface Heap<T> {
  push(item: T): void;
  pop(): T | undefined;
}

export function createHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];

  function rise(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !isBefore(item, parent)) break;
      items[place] = parent;
      place = above;
    }
    items[place] = item;
  }

  function sink(item: T): void {
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const right = left + 1;
      const [a, b] = [items[left], items[right]];
      if (a === undefined) break;
      const below = b !== undefined && isBefore(b, a) ? { child: b, at: right } : { child: a, at: left };
      if (!isBefore(below.child, item)) break;
      items[place] = below.child;
      place = below.at;
    }
    items[place] = item;
  }

  return {
    push: (item) => rise(item, items.length),
    pop() {
      const first = items[0];
      const last = items.pop();
      if (last !== undefined && items.length > 0) sink(last);
      return first;
    },
  };
}
