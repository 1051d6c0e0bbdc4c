import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { removalOfPosition, takeOver } from '../idempotency/index.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { HEART_RATE, SLEEP_STATUS } from './kinds.ts';
import { storeReadings } from './reading-store.ts';
import { lastSleepStatus } from './sleep-store.ts';
import { loadSnapshot, saveSnapshot } from './snapshot-store.ts';
import type { StorableReading } from './storable-reading.ts';

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 4, timeoutMs: 20_000, applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await db.drop();
});
const context = () => ({ database, recordMetric: () => undefined });

describe('a snapshot', () => {
  const owned = (consumer: string) => takeOver({ pool: db.pool, consumer, lockTimeoutMs: 5_000 });
  const save = (consumer: string, epoch: bigint, position: bigint, state = Buffer.from(`state ${position}`)) =>
    saveSnapshot({ consumer, epoch, position, version: 1, state }, context());
  const load = (consumer: string) => loadSnapshot(consumer, context());

  test('is loaded as it was saved, and the checkpoint is where it ends: so a new owner goes on from both', async () => {
    const { epoch } = await owned('s1');
    expect(await load('s1')).toBe(undefined);
    const state = randomBytes(300_000);
    await save('s1', epoch, 2n ** 60n, state);
    expect(await load('s1')).toEqual({ position: 2n ** 60n, version: 1, state });
    expect(await owned('s1')).toEqual({ epoch: epoch + 1n, position: 2n ** 60n });
  });

  test('of an older position changes neither state nor checkpoint: what is between would not come again', async () => {
    const { epoch } = await owned('s2');
    await save('s2', epoch, 20n);
    await expect(save('s2', epoch, 10n)).rejects.toMatchObject({ code: 'snapshot_outdated', retriable: true });
    expect(await load('s2')).toMatchObject({ position: 20n, state: Buffer.from('state 20') });
    await save('s2', epoch, 20n, Buffer.from('again'));
    expect(await load('s2')).toMatchObject({ position: 20n, state: Buffer.from('again') });
  });

  test('of any position is saved once the checkpoint was removed', async () => {
    const { epoch } = await owned('s6');
    await save('s6', epoch, 1_000n);
    await db.pool.query(removalOfPosition('s6'));
    await save('s6', epoch, 3n);
    expect(await load('s6')).toMatchObject({ position: 3n });
    expect(await owned('s6')).toMatchObject({ position: 3n });
  });

  test('of a former owner changes nothing', async () => {
    const { epoch } = await owned('s3');
    await save('s3', epoch, 5n);
    const { epoch: next } = await owned('s3');
    await expect(save('s3', epoch, 9n)).rejects.toMatchObject({ code: 'fenced_out', retriable: true });
    expect(await load('s3')).toMatchObject({ position: 5n });
    await save('s3', next, 6n);
    expect(await owned('s3')).toMatchObject({ position: 6n });
  });

  type Save = (consumer: string, epoch: bigint, position: bigint) => Promise<void>;
  /** Two who both take themselves for the owner save by turns: where state and checkpoint end up. */
  async function byTurns(saving: Save, consumer: string) {
    const { epoch: old } = await owned(consumer);
    const { epoch } = await owned(consumer);
    await saving(consumer, epoch, 7n);
    await saving(consumer, old, 8n).catch(() => undefined);
    return [(await load(consumer))?.position, (await owned(consumer)).position];
  }
  test('of two who take themselves for the owner only the newest one’s counts', async () => {
    expect(await byTurns(save, 's4')).toEqual([7n, 7n]);
  });
  test('mutant: without the fence the former owner’s state replaces the other’s', async () => {
    const unfenced: Save = async (consumer, _epoch, position) => {
      const { epoch } = (await db.pool.query('SELECT epoch FROM idempotency.consumers WHERE consumer = $1', [consumer]))
        .rows[0];
      await save(consumer, BigInt(epoch), position);
    };
    expect(await byTurns(unfenced, 's5')).toEqual([8n, 8n]);
  });
});

test('the last sleep status is the newest valid one strictly before each patient’s time', async () => {
  const nowMs = Date.now();
  const status = (
    patientId: string,
    agoMs: number,
    text: string | null,
    more: Partial<StorableReading> = {},
  ): StorableReading => ({
    patientId,
    code: SLEEP_STATUS,
    atMs: nowMs - agoMs,
    value: null,
    text,
    validity: text === null ? 'none' : 'valid',
    simulated: false,
    ward: 'w',
    bed: 'b',
    deviceId: 'd',
    ...more,
  });
  const HOUR_MS = 3_600_000;
  const readings = [
    status('a', 23 * HOUR_MS, 'asleep'),
    status('b', 2 * HOUR_MS, 'asleep'),
    status('b', HOUR_MS, 'awake'),
    status('b', HOUR_MS / 2, null),
    status('b', HOUR_MS / 4, 'asleep', { validity: 'invalid' }),
    status('c', 1_000, 'asleep', { code: HEART_RATE, value: 50, text: null }),
  ];
  await storeReadings(readings, context());
  const before = (ids: string[], agoMs: number[]) =>
    lastSleepStatus(new Map(ids.map((id, index) => [id, nowMs - (agoMs[index] ?? 0)])), context());
  expect(await before(['a', 'b', 'c', 'd'], [0, 0, 0, 0])).toEqual(
    new Map([
      ['a', 'asleep'],
      ['b', 'awake'],
    ]),
  );
  // Strictly: the reading of that instant is no longer before it.
  expect(await before(['b', 'a'], [HOUR_MS, 23 * HOUR_MS])).toEqual(new Map([['b', 'asleep']]));
  expect(await before([], [])).toEqual(new Map());
});
