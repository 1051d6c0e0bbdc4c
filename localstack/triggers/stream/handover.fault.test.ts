import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeOver } from '../../../shared/idempotency/index.ts';
import { type TestDatabase, testDatabase } from '../../testing/database.ts';
import { eventually } from '../../testing/eventually.ts';
import { BOOT_TIMEOUT_MS, streamBroker, type TestStreamBroker } from '../stream-client/test-stream-broker.ts';
import { EFFECTS_TABLE, effectOf, effectsIn, effectsPool, fencedStoreOf, positionOf } from './test-effects.ts';
import { onStreams } from './test-on-streams.ts';
import { messages, numbers, type StreamEvent, type TestSource } from './test-source.ts';

const DEADLINE_MS = 20_000;
const TEST_TIMEOUT_MS = 90_000;
let broker: TestStreamBroker;
let db: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  [broker, db] = await Promise.all([streamBroker(), testDatabase()]);
  pool = effectsPool(db.url);
  await db.pool.query(EFFECTS_TABLE);
}, BOOT_TIMEOUT_MS);
afterAll(async () => {
  await broker.close();
  await pool.end();
  await db.drop();
}, BOOT_TIMEOUT_MS);

const { newName, started } = onStreams(() => broker, { timeoutMs: DEADLINE_MS });
const isToMove = ({ logger }: TestSource) => logger.lines.some(({ message }) => message === 'partition is to move');
const firsts = (superStream: string, part: string, count: number) =>
  broker.publish(`${superStream}-${part}`, messages(...numbers(0, count).map((n) => `${part}${n}`)));

test(
  'a second worker while batches are in flight: they finish, the checkpoint is stored, then it begins: nothing comes twice',
  async () => {
    const superStream = newName();
    await broker.createSuperStream(superStream, ['a', 'b']);
    const gate = Promise.withResolvers<void>();
    const one = await started({ superStream, batchSize: 1 }, () => gate.promise);
    await one.active(2);
    for (const part of ['a', 'b']) await firsts(superStream, part, 20);
    await one.handled(2);
    const two = await started({ superStream, batchSize: 1 }, () => undefined);
    await eventually('the broker to ask for a partition', () => isToMove(one), DEADLINE_MS);
    expect(two.invocations).toHaveLength(0);
    gate.resolve();
    await eventually('all', () => one.texts().length + two.texts().length >= 40, DEADLINE_MS);
    await two.active(1);
    const all = [...one.texts(), ...two.texts()];
    expect(new Set(all).size).toBe(40);
    expect(all).toHaveLength(40);
    expect(two.texts()).toHaveLength(19);
  },
  TEST_TIMEOUT_MS,
);

test(
  'a worker that stops while a batch is in flight: the next begins behind that batch',
  async () => {
    const stream = newName();
    await broker.createStream(stream);
    await broker.publish(stream, messages(...numbers(0, 20)));
    const gate = Promise.withResolvers<void>();
    const one = await started({ stream, batchSize: 1 }, () => gate.promise);
    await one.handled(1);
    const two = await started({ stream, batchSize: 1 }, () => undefined);
    const stopped = one.source.stop();
    expect(one.source.health().status).toBe('draining');
    gate.resolve();
    await stopped;
    await two.handled(19);
    expect([...one.texts(), ...two.texts()]).toEqual(numbers(0, 20));
  },
  TEST_TIMEOUT_MS,
);

/** Rows that effects left of a partition whose first owner hung past the release deadline, and then went on. */
async function effectsAfterHanging(unfenced: boolean): Promise<{ moved: string[]; fencedOut: boolean }> {
  const superStream = newName();
  await broker.createSuperStream(superStream, ['a', 'b']);
  const gate = Promise.withResolvers<void>();
  const ends: unknown[] = [];
  const overrides = { fencedStore: fencedStoreOf(pool), tuning: { releaseDeadlineMs: 200 } };
  const options = { superStream, checkpoint: 'postgres' };
  const one = await started(
    options,
    async (event) => {
      await gate.promise;
      try {
        await effectOf(event, { pool, worker: 'one', unkeyed: true, unfenced });
        ends.push('done');
      } catch (error) {
        ends.push((error as { code?: unknown }).code);
        throw error;
      }
    },
    overrides,
  );
  await one.active(2);
  for (const part of ['a', 'b']) await firsts(superStream, part, 1);
  await one.handled(2);
  const two = await started(options, (event) => effectOf(event, { pool, worker: 'two', unkeyed: true }), overrides);
  await two.handled(1);
  const moved = two.texts()[0]?.[0] ?? '';
  const partition = `${superStream}-${moved}`;
  await eventually('its effect', async () => (await effectsIn(pool, partition)).length === 1, DEADLINE_MS);
  gate.resolve();
  await eventually('the former owner to be done', () => ends.length >= 2, DEADLINE_MS);
  expect(await positionOf(pool, `consume/${partition}`)).toBe(1);
  return { moved: await effectsIn(pool, partition), fencedOut: ends.includes('fenced_out') };
}

test(
  'a handler that hangs past the release deadline: another takes over, and what the first still does is fenced out',
  async () => {
    const { moved, fencedOut } = await effectsAfterHanging(false);
    expect(fencedOut).toBe(true);
    expect(moved).toHaveLength(1);
  },
  TEST_TIMEOUT_MS,
);
test(
  'mutant: without the fence the former owner’s effect lands as well',
  async () => {
    const { moved, fencedOut } = await effectsAfterHanging(true);
    expect(fencedOut).toBe(false);
    expect(moved).toHaveLength(2);
  },
  TEST_TIMEOUT_MS,
);

test.each(['the handler', 'the store'])(
  'fenced out by a take-over that came late (%s says so), the active consumer takes over anew and goes on',
  async (who) => {
    const stream = newName();
    await broker.createStream(stream);
    await broker.publish(stream, messages('before'));
    const handler = (event: StreamEvent) =>
      who === 'the handler' ? effectOf(event, { pool, worker: 'one', unkeyed: true }) : undefined;
    const source = await started({ stream, checkpoint: 'postgres' }, handler, { fencedStore: fencedStoreOf(pool) });
    const consumer = `consume/${stream}`;
    await eventually('the checkpoint', async () => (await positionOf(pool, consumer)) === 1, DEADLINE_MS);
    const late = await takeOver({ pool, consumer, lockTimeoutMs: DEADLINE_MS });
    await broker.publish(stream, messages('after'));
    await eventually('the checkpoint to move', async () => (await positionOf(pool, consumer)) === 2, DEADLINE_MS);
    const [last] = source.invocations.slice(-1);
    expect(BigInt(last?.checkpoint?.epoch ?? 0)).toBeGreaterThan(late.epoch);
    if (who === 'the handler') expect(await effectsIn(pool, stream)).toEqual(['before', 'after']);
    await eventually('it runs', () => source.source.health().status === 'running', DEADLINE_MS);
  },
  TEST_TIMEOUT_MS,
);

test(
  'Postgres away at the activation, then at the time of a checkpoint: waited for, said in health, nothing skipped',
  async () => {
    const stream = newName();
    await broker.createStream(stream);
    await broker.publish(stream, messages('1'));
    const away = await testDatabase();
    const awayPool = effectsPool(away.url);
    const adminUrl = new URL(away.url);
    const database = adminUrl.pathname.slice(1);
    adminUrl.pathname = '/postgres';
    const admin = new pg.Client({ connectionString: adminUrl.href });
    await admin.connect();
    const leave = async () => {
      await admin.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]);
    };
    const comeBack = () => admin.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
    await leave();
    const options = { stream, checkpoint: 'postgres' };
    const source = await started(options, () => undefined, { fencedStore: fencedStoreOf(awayPool) });
    const saidSo = () => source.source.health().lastFailure?.includes(`checkpoint of ${stream}`);
    await eventually('health to say so', saidSo, DEADLINE_MS);
    expect(source.invocations).toHaveLength(0);
    await comeBack();
    await source.handled(1);
    const consumer = `consume/${stream}`;
    await eventually('the checkpoint', async () => (await positionOf(awayPool, consumer)) === 1, DEADLINE_MS);
    await leave();
    await broker.publish(stream, messages('2'));
    await source.handled(2);
    await eventually('health to say so again', saidSo, DEADLINE_MS);
    await comeBack();
    await eventually('the next checkpoint', async () => (await positionOf(awayPool, consumer)) === 2, DEADLINE_MS);
    await eventually('it runs', () => source.source.health().status === 'running', DEADLINE_MS);
    expect(source.texts()).toEqual(['1', '2']);
    await source.stop();
    await admin.end();
    await awayPool.end();
    await away.drop();
  },
  TEST_TIMEOUT_MS,
);

test(
  'a partition that a super stream gets meanwhile is taken up, without the others being moved',
  async () => {
    const superStream = newName();
    await broker.createSuperStream(superStream, ['a']);
    const tuning = { partitionsIntervalMs: 100 };
    const source = await started({ superStream }, undefined, { tuning });
    await source.active(1);
    const stream = `${superStream}-b`;
    await broker.createStream(stream);
    const binding = { routing_key: 'b', arguments: { 'x-stream-partition-order': 1 } };
    await broker.http('POST', `bindings/%2F/e/${superStream}/q/${stream}`, binding);
    await firsts(superStream, 'b', 3);
    await source.handled(3);
    expect(source.source.health().partitions).toEqual([`${superStream}-a`, stream]);
    expect(source.events.filter(({ type }) => type === 'partitionRevoked')).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);
