import type { Pool } from 'pg';
import type { Effect, KeySum, TakeOver } from '../verdict/history.ts';

const EFFECTS = `SELECT commit::float8, id, key, sequence::float8, amount::float8, consumer, epoch::float8, worker,
    extract(epoch FROM at)::float8 * 1000 AS at_ms
  FROM faults.effects ORDER BY commit`;
const SUMS = 'SELECT key, count::float8, total::float8 FROM faults.sums';
const TAKE_OVERS = 'SELECT commit::float8, consumer, epoch::float8 FROM faults.take_overs ORDER BY commit';
const POSITIONS = 'SELECT consumer, position FROM idempotency.consumers WHERE position IS NOT NULL';
const APPLIED = 'SELECT DISTINCT id FROM faults.effects';

interface EffectRow {
  commit: number;
  id: string;
  key: string;
  sequence: number;
  amount: number;
  consumer: string;
  epoch: number;
  worker: number;
  at_ms: number;
}

/** The effect log in its order. Numbers of a run stay far below 2^53. */
export async function readEffects(pool: Pool): Promise<Effect[]> {
  const { rows } = await pool.query<EffectRow>(EFFECTS);
  return rows.map(({ consumer, epoch, at_ms: atMs, ...rest }) => ({ ...rest, atMs, owner: { consumer, epoch } }));
}

export const readSums = async (pool: Pool): Promise<KeySum[]> => (await pool.query<KeySum>(SUMS)).rows;

export const readTakeOvers = async (pool: Pool): Promise<TakeOver[]> => (await pool.query<TakeOver>(TAKE_OVERS)).rows;

/** Ids of the messages with an effect. */
export async function readAppliedIds(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(APPLIED);
  return rows.map(({ id }) => id);
}

/** By consumer, the offset up to which all is done. */
export async function readPositions(pool: Pool): Promise<ReadonlyMap<string, bigint>> {
  const { rows } = await pool.query<{ consumer: string; position: string }>(POSITIONS);
  return new Map(rows.map(({ consumer, position }) => [consumer, BigInt(position)]));
}
