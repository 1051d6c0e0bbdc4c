/** PUBLISH packets of one direction that are held back for others to overtake them. No clock: the caller has it. */
export interface Reordering<Item> {
  /** The next PUBLISH, held back by so many places among those that follow (0: not at all). Gives what goes now, in order. */
  next(item: Item, places: number, untilMs: number): Item[];
  /** Gives those whose time is over, and what they held up. */
  expire(nowMs: number): Item[];
  /** Gives all, in the order of their places. */
  releaseAll(): Item[];
  /** When the first one's time is over. */
  readonly expiresAtMs: number | undefined;
}

interface Held<Item> {
  readonly item: Item;
  /** It goes once this many packets have come. */
  readonly dueAt: number;
  readonly untilMs: number;
}

/**
 * The packet that came as number n and is held back by k places goes behind number n + k: k packets at most overtake it,
 * fewer when they are held back themselves.
 */
export function createReordering<Item>(): Reordering<Item> {
  let held: Held<Item>[] = []; // by dueAt, then as they came
  let arrived = 0;

  const releaseUpTo = (dueAt: number): Item[] => {
    const firstToStay = held.findIndex((one) => one.dueAt > dueAt);
    const going = firstToStay === -1 ? held : held.slice(0, firstToStay);
    held = firstToStay === -1 ? [] : held.slice(firstToStay);
    return going.map(({ item }) => item);
  };

  return {
    next(item, places, untilMs) {
      arrived += 1;
      if (places === 0) return held.length === 0 ? [item] : [item, ...releaseUpTo(arrived)];
      const dueAt = arrived + places;
      const behind = held.findIndex((one) => one.dueAt > dueAt);
      held.splice(behind === -1 ? held.length : behind, 0, { item, dueAt, untilMs });
      return releaseUpTo(arrived);
    },
    expire(nowMs) {
      const last = held.findLast((one) => one.untilMs <= nowMs);
      return last === undefined ? [] : releaseUpTo(last.dueAt);
    },
    releaseAll: () => releaseUpTo(Number.POSITIVE_INFINITY),
    get expiresAtMs() {
      return held.length === 0 ? undefined : Math.min(...held.map(({ untilMs }) => untilMs));
    },
  };
}
