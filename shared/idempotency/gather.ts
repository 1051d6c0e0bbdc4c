/** How calls of one kind are sent together. */
export interface GroupedCall<Item, Outcome> {
  /** Items of one key never go in the same statement. */
  keyOf(item: Item): string;
  /** What an item adds to the statement's size, in characters. */
  sizeOf(item: Item): number;
  /** One statement for a group, no key twice. An outcome that is undefined could not be told: that item is sent alone. */
  send(group: readonly Item[]): Promise<readonly (Outcome | undefined)[]>;
  sendAlone(item: Item): Promise<Outcome>;
  /** Whether all that waited with the same key have this outcome, too; if not, they are sent after it. */
  isShared(outcome: Outcome): boolean;
  /** Whether a group's error may be that of one of its items, and nothing was done: each is then sent alone. */
  isOneItems(error: unknown, groupSize: number): boolean;
}

interface Waiting<Item, Outcome> {
  item: Item;
  resolve: (outcome: Outcome | PromiseLike<Outcome>) => void;
  reject: (error: unknown) => void;
}

/** While one waits for its flush, the other is computed. Of 1, 2 and 4, tried on two busy cores, none was ahead for certain. */
export const MAX_GROUPS_UNDER_WAY = 2;
/** A statement of this many rows takes a few milliseconds; the next group waits that long. */
const MAX_GROUP_ITEMS = 200;
/** Large values gain nothing from company, and a statement has an end (1 GiB). */
const MAX_GROUP_CHARACTERS = 1_000_000;

/**
 * Group commit: while statements of a kind are under way, further calls gather and then go as one. A call that meets none
 * under way is sent at once, together with those made in the same turn of the event loop; there is no timer.
 * @returns the call for one item; it settles with that item's own outcome or error.
 */
export function gather<Item, Outcome>(kind: GroupedCall<Item, Outcome>): (item: Item) => Promise<Outcome> {
  type Call = Waiting<Item, Outcome>;
  let waiting: Call[] = [];
  let underWay = 0;
  let isScheduled = false;

  /** The calls that go now, by key: the first of a key is asked, the others wait for what it comes to. */
  function takeGroup(): Call[][] {
    const group = new Map<string, Call[]>();
    const left: Call[] = [];
    let characters = 0;
    for (const call of waiting) {
      const key = kind.keyOf(call.item);
      const same = group.get(key);
      if (same) {
        same.push(call);
        continue;
      }
      const size = kind.sizeOf(call.item);
      const isFull = group.size >= MAX_GROUP_ITEMS || (group.size > 0 && characters + size > MAX_GROUP_CHARACTERS);
      if (isFull) {
        left.push(call);
        continue;
      }
      characters += size;
      group.set(key, [call]);
    }
    waiting = left;
    return [...group.values()];
  }

  const sendAlone = ({ item, resolve }: Call) => resolve(kind.sendAlone(item));

  async function sendGroup(group: readonly Call[][]): Promise<void> {
    const firsts = group.flatMap((calls) => calls.slice(0, 1));
    try {
      const outcomes = await kind.send(firsts.map(({ item }) => item));
      const after: Call[] = [];
      for (const [index, [first, ...others]] of group.entries()) {
        const outcome = outcomes[index];
        if (first && outcome === undefined) sendAlone(first);
        else first?.resolve(outcome as Outcome);
        if (outcome !== undefined && kind.isShared(outcome)) for (const other of others) other.resolve(outcome);
        else after.push(...others);
      }
      waiting = [...after, ...waiting];
    } catch (error) {
      const isOneItems = kind.isOneItems(error, firsts.length);
      for (const call of group.flat()) {
        if (isOneItems) sendAlone(call);
        else call.reject(error);
      }
    }
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    // After all that is ready to run: calls that continue from one answer are made in one turn.
    process.nextTick(() => {
      isScheduled = false;
      while (underWay < MAX_GROUPS_UNDER_WAY && waiting.length > 0) {
        underWay += 1;
        void sendGroup(takeGroup()).then(() => {
          underWay -= 1;
          if (waiting.length > 0) schedule();
        });
      }
    });
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      schedule();
    });
}
