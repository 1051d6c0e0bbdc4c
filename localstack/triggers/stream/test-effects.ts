import pg from 'pg';
import { moveCheckpoint, onceBatch, removalOfPosition, takeOver } from '../../../shared/idempotency/index.ts';
import type { FencedStore } from './checkpoint-store.ts';
import { type StreamEvent, textOf } from './test-source.ts';

/** What a test waits for a lock that it is to get, on a busy machine. */
const LOCK_TIMEOUT_MS = 20_000;
const CONNECT_TIMEOUT_MS = 2_000;
export const EFFECTS_TABLE = 'CREATE TABLE effects (stream text, record text, worker text)';

export function effectsPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 4, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  pool.on('error', () => undefined);
  return pool;
}

export const fencedStoreOf = (pool: pg.Pool): FencedStore => ({
  takeOver: (consumer) => takeOver({ pool, consumer, lockTimeoutMs: LOCK_TIMEOUT_MS }),
  moveCheckpoint: (consumer, epoch, position) => moveCheckpoint({ pool, consumer, epoch, position }),
  removal: (consumer) => `run ${removalOfPosition(consumer)}`,
});

interface EffectOptions {
  readonly pool: pg.Pool;
  readonly worker: string;
  /** Keys that no other attempt has: what is repeated has its effect again, unless fence or position forbid it. */
  readonly unkeyed?: boolean;
  readonly unfenced?: boolean;
}

/** The handler's effect: a row a record, in one transaction with the fence and the position where there are any. */
export async function effectOf(
  { Records, checkpoint }: StreamEvent,
  { pool, worker, unkeyed = false, unfenced = false }: EffectOptions,
): Promise<void> {
  const isFenced = checkpoint !== undefined && !unfenced;
  const attempt = unkeyed ? `${worker}:${crypto.randomUUID()}:` : '';
  await onceBatch({
    pool,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    items: Records,
    key: ({ eventID }) => `${attempt}${eventID}`,
    effect: async (tx, fresh) => {
      await tx.query('INSERT INTO effects SELECT $1, unnest($2::text[]), $3', [
        fresh[0]?.eventID.split(':')[0],
        fresh.map(textOf),
        worker,
      ]);
      return undefined;
    },
    ...(isFenced ? { fence: { consumer: checkpoint.consumer, epoch: BigInt(checkpoint.epoch) } } : {}),
    ...(isFenced && checkpoint.position !== undefined
      ? { checkpoint: { consumer: checkpoint.consumer, position: BigInt(checkpoint.position) } }
      : {}),
  });
}

/** The records that had an effect, in no order; twice what had it twice. */
export async function effectsIn(pool: pg.Pool, stream: string): Promise<string[]> {
  const { rows } = await pool.query<{ record: string }>('SELECT record FROM effects WHERE stream LIKE $1', [
    `${stream}%`,
  ]);
  return rows.map(({ record }) => record);
}

export async function positionOf(pool: pg.Pool, consumer: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ position: string }>(
    'SELECT position::text FROM idempotency.consumers WHERE consumer = $1',
    [consumer],
  );
  return rows[0]?.position == null ? undefined : Number(rows[0].position);
}
