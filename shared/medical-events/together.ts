import { TransientError } from '../errors.ts';
import { gather } from '../idempotency/index.ts';

interface Statement<Item, Outcome> {
  /** Items of one key never go in the same statement. */
  keyOf(item: Item): string;
  /** What an item adds to the statement's size, in characters. */
  sizeOf(item: Item): number;
  /** One statement for all of them: their outcomes, in the order of the items. */
  send(items: readonly Item[]): Promise<Outcome[]>;
  /** Whether all that waited with the same key have this outcome, too; default: each is sent after the one before. */
  isShared?(outcome: Outcome): boolean;
}

/** What the database says of one item, a value that it does not take, is no other item's fault. */
const isOneItems = (error: unknown, size: number) => size > 1 && !(error instanceof TransientError);

/** A call for one item; those that are made while a statement is under way go together in the next. */
export function together<Item, Outcome>({ isShared = () => false, ...statement }: Statement<Item, Outcome>) {
  return gather<Item, Outcome>({
    ...statement,
    async sendAlone(item) {
      const [outcome] = await statement.send([item]);
      if (outcome === undefined) throw new Error('a statement for one event has no outcome');
      return outcome;
    },
    isShared,
    isOneItems,
  });
}
