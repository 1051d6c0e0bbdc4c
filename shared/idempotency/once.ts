import { type Checkpoint, type Fence, proveAndMove } from './consumer-store.ts';
import { type Attempt, expectingNew } from './expecting-new.ts';
import { OnceError } from './once-error.ts';
import { storeResponses } from './once-store.ts';
import { fromStoredJson, payloadHash, toStoredJson } from './stored-json.ts';
import { afterEffect, type ConnectionPool, inTransaction, type Transaction } from './transaction-store.ts';

interface CommonOptions {
  pool: ConnectionPool;
  /** How long to wait for another transaction that holds a key; bounds each other lock in the transaction, too. */
  lockTimeoutMs: number;
  /** When the key may be used anew; default never. */
  expiresAfterMs?: number;
  /** Commits only while this epoch is the consumer's newest. */
  fence?: Fence;
  /** Moves with the effect, and also when the key is a repetition. */
  checkpoint?: Checkpoint;
}

export interface OnceOptions<Response> extends CommonOptions {
  /** 1 to 1024 bytes. */
  key: string;
  /** Its hash is stored: another payload under the same key is an error. Not compared where either call gave none. */
  payload?: unknown;
  /** Runs in the transaction; returns what to store (as JSON). It may run again when the transaction rolls back. */
  effect: (tx: Transaction) => Promise<Response>;
}

export interface OnceResult<Response> {
  /** As stored: the same for the caller who ran the effect and for all later ones. */
  response: Response;
  isNew: boolean;
}

export interface OnceBatchOptions<Item, Response> extends CommonOptions {
  items: readonly Item[];
  key: (item: Item) => string;
  payload?: (item: Item) => unknown;
  /** Gets the new items only, each key once, in the order of `items`; not called when there are none. Returns a response each, or nothing. */
  effect: (tx: Transaction, fresh: readonly Item[]) => Promise<readonly Response[] | undefined>;
}

/** `new`: the effect got it; `same`: a repetition, also within the batch; `different`: its key belongs to another payload. */
export type ItemOutcome<Item, Response> =
  | { item: Item; outcome: 'new' | 'same'; response: Response | undefined }
  | { item: Item; outcome: 'different' };

/** An entry of a btree index holds a third of a page at most (2704 bytes); this leaves room and is a round figure. */
const MAX_KEY_BYTES = 1024;

function validKey(key: string): string {
  if (
    typeof key !== 'string' ||
    key === '' ||
    key.includes('\u0000') ||
    !key.isWellFormed() ||
    Buffer.byteLength(key) > MAX_KEY_BYTES
  ) {
    throw new OnceError(
      'invalid_key',
      `An idempotency key is a text of 1 to ${MAX_KEY_BYTES} bytes of Unicode without NUL.`,
    );
  }
  return key;
}

/** A missing payload is no evidence of a difference. */
function differs(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

/** What an item comes to, before the effect has run for the new ones. */
interface Entry<Item> {
  item: Item;
  key: string;
  hash: string | undefined;
}

async function runBatch<Item, Response>(
  options: OnceBatchOptions<Item, Response>,
  onDifferent: 'report' | 'throw',
): Promise<ItemOutcome<Item, Response>[]> {
  const { pool, items, effect, lockTimeoutMs, expiresAfterMs, fence, checkpoint } = options;
  if (expiresAfterMs !== undefined && !(Number.isFinite(expiresAfterMs) && expiresAfterMs > 0)) {
    throw new RangeError('expiresAfterMs must be a positive number of milliseconds');
  }
  const entries = items.map(
    (item): Entry<Item> => ({ item, key: validKey(options.key(item)), hash: payloadHash(options.payload?.(item)) }),
  );
  const firsts = new Map<string, Entry<Item>>();
  for (const entry of entries) if (!firsts.has(entry.key)) firsts.set(entry.key, entry);

  const attempt: Attempt<ItemOutcome<Item, Response>[]> = (claim) =>
    inTransaction(pool, lockTimeoutMs, async (tx) => {
      const { won, earlier } = await claim(tx, [...firsts.values()], expiresAfterMs);
      const hashOf = (key: string) => (earlier.get(key) ?? firsts.get(key))?.hash;
      const isDifferent = ({ key, hash }: Entry<Item>) => differs(hash, hashOf(key));
      if (onDifferent === 'throw' && entries.some(isDifferent)) {
        throw new OnceError('payload_mismatch', 'The key belongs to another payload.');
      }
      const fresh = [...firsts.values()].filter(({ key }) => won.has(key));
      const answered = await answer(tx, fresh, effect);
      await afterEffect(tx, async () => {
        await storeResponses(tx, answered);
        await proveAndMove(tx, fence, checkpoint);
      });
      return entries.map((entry): ItemOutcome<Item, Response> => {
        const { item, key } = entry;
        if (isDifferent(entry)) return { item, outcome: 'different' };
        const text = earlier.get(key)?.response ?? answered.get(key) ?? null;
        const isNew = won.has(key) && firsts.get(key) === entry;
        return { item, outcome: isNew ? 'new' : 'same', response: fromStoredJson(text) as Response | undefined };
      });
    });
  return expectingNew(pool, firsts.size, attempt);
}

/** Runs the effect. @returns its responses by key, as JSON text. */
async function answer<Item, Response>(
  tx: Transaction,
  fresh: readonly Entry<Item>[],
  effect: OnceBatchOptions<Item, Response>['effect'],
): Promise<Map<string, string | null>> {
  if (fresh.length === 0) return new Map();
  const freshItems = fresh.map(({ item }) => item);
  const responses = await effect(tx, freshItems);
  if (responses !== undefined && responses.length !== fresh.length) {
    throw new OnceError('response_count', `${responses.length} responses for ${fresh.length} items`);
  }
  return new Map(fresh.map(({ key }, index) => [key, toStoredJson(responses?.[index], 'The response')] as const));
}

/**
 * A batch of keys, the effect on the new ones, their responses, the fence and the checkpoint in one transaction: all or
 * nothing. The keys go in first, so a concurrent caller of one of them waits and then gets the winner's response.
 * @returns an outcome for each item, in their order; an item whose key belongs to another payload fails alone.
 * @throws OnceError (nothing was done), RangeError, TypeError for what has no JSON form, and what the effect or pg throws.
 */
export function onceBatch<Item, Response>(
  options: OnceBatchOptions<Item, Response>,
): Promise<ItemOutcome<Item, Response>[]> {
  return runBatch(options, 'report');
}

/**
 * The key, the effect, its response, the fence and the checkpoint in one transaction: all or nothing, once per key. The key
 * goes in first: uncommitted it is "in progress", a caller with the same key waits for it and gets the winner's response.
 * A crash leaves nothing, so the next call runs. What leaves the database is no part of this: write an outbox row.
 * @throws OnceError (nothing was done), RangeError, TypeError for what has no JSON form, and what the effect or pg throws.
 */
export async function once<Response>(options: OnceOptions<Response>): Promise<OnceResult<Response>> {
  const { key, payload, effect, ...common } = options;
  const item = { ...common, items: [key], key: (only: string) => only, payload: () => payload };
  const [result] = await runBatch<string, Response>({ ...item, effect: async (tx) => [await effect(tx)] }, 'throw');
  if (!result || result.outcome === 'different') throw new Error('a batch of one has one outcome');
  return { response: result.response as Response, isNew: result.outcome === 'new' };
}
