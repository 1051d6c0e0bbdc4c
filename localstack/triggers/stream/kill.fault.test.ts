import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/database.ts';
import { eventually } from '../../testing/eventually.ts';
import { BOOT_TIMEOUT_MS, streamBroker, type TestStreamBroker } from '../stream-client/test-stream-broker.ts';
import { EFFECTS_TABLE, effectsIn, effectsPool, positionOf } from './test-effects.ts';
import { messages, numbers } from './test-source.ts';

const CONSUMER = join(import.meta.dirname, '../fixtures/stream-consumer.ts');
const DEADLINE_MS = 120_000;
const TEST_TIMEOUT_MS = 300_000;
/** Apart, so that they are chunks of their own. */
const PUBLISHES = 40;
const RECORDS_EACH = 25;
const RECORDS = PUBLISHES * RECORDS_EACH;
let broker: TestStreamBroker;
let db: TestDatabase;
let pool: pg.Pool;
let children: ChildProcess[] = [];

beforeAll(async () => {
  [broker, db] = await Promise.all([streamBroker(), testDatabase()]);
  pool = effectsPool(db.url);
  await db.pool.query(EFFECTS_TABLE);
}, BOOT_TIMEOUT_MS);
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});
afterAll(async () => {
  await broker.close();
  await pool.end();
  await db.drop();
}, BOOT_TIMEOUT_MS);

describe('kill -9 of a worker', () => {
  async function newStream(name: string): Promise<void> {
    await broker.createStream(name);
    for (let n = 0; n < PUBLISHES; n += 1) {
      await broker.publish(name, messages(...numbers(n * RECORDS_EACH, (n + 1) * RECORDS_EACH)));
    }
  }
  function consumer(stream: string, way: string): ChildProcess {
    const child = spawn(process.execPath, [CONSUMER, broker.url, db.url, stream, way], { stdio: 'ignore' });
    children.push(child);
    return child;
  }
  async function killed(child: ChildProcess): Promise<void> {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }
  const count = async (stream: string) => (await effectsIn(pool, stream)).length;

  test.each(['broker', 'postgres'])(
    'at any moment, checkpoint: %s: every record has its effect, once',
    async (way) => {
      const stream = `killed-${way}`;
      await newStream(stream);
      for (let kills = 0; kills < 4; kills += 1) {
        const child = consumer(stream, way);
        // Wherever it is when so much is done: in a transaction, between two, with or without its checkpoint stored.
        const enough = (await count(stream)) + 1 + Math.floor(Math.random() * (RECORDS / 8));
        await eventually(`${enough} effects`, async () => (await count(stream)) >= enough, DEADLINE_MS);
        await killed(child);
      }
      expect(await count(stream)).toBeLessThan(RECORDS);
      consumer(stream, way);
      // One lane: the last has its effect after all others, or they are lost.
      const last = String(RECORDS - 1);
      await eventually('the last effect', async () => (await effectsIn(pool, stream)).includes(last), DEADLINE_MS);
      const effects = await effectsIn(pool, stream);
      expect(effects.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers(0, RECORDS));
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'mutant: a handler that commits the position before the effect loses records',
    async () => {
      const stream = 'killed-position-first';
      await broker.createStream(stream);
      await broker.publish(stream, messages(...numbers(0, 40)));
      const first = consumer(stream, 'position-first');
      const position = async () => (await positionOf(pool, `consume/${stream}`)) ?? 0;
      await eventually('a position ahead', async () => (await position()) > (await count(stream)), DEADLINE_MS);
      await killed(first);
      consumer(stream, 'position-first');
      const last = async () => (await effectsIn(pool, stream)).includes('39');
      await eventually('the last record', last, DEADLINE_MS);
      expect(new Set(await effectsIn(pool, stream)).size).toBeLessThan(40);
    },
    TEST_TIMEOUT_MS,
  );
});
