import { type GroupedCall, gather } from './gather.ts';
import type { KeyValues, PutItem, PutResult, RecordRow, RecordStore, UpdateItem } from './record-store.ts';

/** The records, one at a time. */
export interface Records {
  put(item: PutItem): Promise<PutResult>;
  update(item: UpdateItem): Promise<void>;
  get(key: KeyValues): Promise<RecordRow | undefined>;
  delete(key: KeyValues): Promise<void>;
}

/** Each further attempt means that another caller's put was committed, or undone, within the last one: more is a storm. */
const MAX_PUT_ATTEMPTS = 10;
/**
 * Who holds a row holds it for a statement and its flush to disk, which is milliseconds; a group waits for longer ones so
 * long, then each goes alone and only the one waits.
 */
const GROUP_LOCK_TIMEOUT_MS = 250;

/** serialization_failure: only where the pool's default isolation is above READ COMMITTED. */
const SERIALIZATION_FAILURE = '40001';
const LOCK_NOT_AVAILABLE = '55P03';
/** The server gave the statement up, so nothing was done (PostgreSQL documentation, appendix A); the connection is sound. */
const ONE_ITEMS_ERRORS = [
  '21', // cardinality_violation: two keys that are one to the server
  '22', // data exception: a NUL, a number that is no time
  '23', // a constraint of the table
  '40', // serialization failure, deadlock
  '54', // too long for the index
  '57014', // statement_timeout, which may be due to a locked row
  LOCK_NOT_AVAILABLE,
];

function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function isOneItems(error: unknown, groupSize: number): boolean {
  const state = sqlState(error);
  if (groupSize === 1) return state === LOCK_NOT_AVAILABLE || state === SERIALIZATION_FAILURE;
  return ONE_ITEMS_ERRORS.some((prefix) => state.startsWith(prefix));
}

const textOf = (key: KeyValues) => JSON.stringify(key);
const sizeOf = (key: KeyValues) => key.reduce((sum, part) => sum + part.length, 0);

/** Calls that are made while others are under way go as one statement a kind; each gets its own outcome. */
export function groupedRecords(store: RecordStore): Records {
  async function putAlone(item: PutItem): Promise<PutResult> {
    for (let attempt = 1; attempt <= MAX_PUT_ATTEMPTS; attempt += 1) {
      try {
        const [result] = await store.put([item]);
        if (result) return result;
      } catch (error) {
        if (sqlState(error) !== SERIALIZATION_FAILURE) throw error;
      }
    }
    return { won: false, existing: undefined };
  }
  const put: GroupedCall<PutItem, PutResult> = {
    keyOf: ({ key }) => textOf(key),
    sizeOf: ({ key, validation }) => sizeOf(key) + (validation?.length ?? 0),
    send: (items) => store.put(items, GROUP_LOCK_TIMEOUT_MS),
    sendAlone: putAlone,
    // Who comes to a held key is told of its holder; who comes after a winner is held against the winner's record.
    isShared: ({ won }) => !won,
    isOneItems,
  };
  const update: GroupedCall<UpdateItem, true> = {
    keyOf: ({ key }) => textOf(key),
    sizeOf: ({ key, data }) => sizeOf(key) + (data?.length ?? 0),
    send: (items) => store.update(items, GROUP_LOCK_TIMEOUT_MS).then(() => items.map(() => true)),
    sendAlone: (item) => store.update([item]).then(() => true),
    isShared: () => false,
    isOneItems,
  };
  const get: GroupedCall<KeyValues, { row: RecordRow | undefined }> = {
    keyOf: textOf,
    sizeOf,
    send: async (keys) => (await store.get(keys)).map((row) => ({ row })),
    sendAlone: async (key) => ({ row: (await store.get([key]))[0] }),
    isShared: () => true,
    isOneItems,
  };
  const remove: GroupedCall<KeyValues, true> = {
    keyOf: textOf,
    sizeOf,
    send: (keys) => store.delete(keys, GROUP_LOCK_TIMEOUT_MS).then(() => keys.map(() => true)),
    sendAlone: (key) => store.delete([key]).then(() => true),
    isShared: () => true,
    isOneItems,
  };
  const [updateOne, getOne, removeOne] = [gather(update), gather(get), gather(remove)];
  return {
    put: gather(put),
    update: (item) => updateOne(item).then(() => undefined),
    get: (key) => getOne(key).then(({ row }) => row),
    delete: (key) => removeOne(key).then(() => undefined),
  };
}
