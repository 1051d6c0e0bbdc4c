import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { takeOver } from '../../../shared/idempotency/index.ts';
import { type TestDatabase, testDatabase } from '../../testing/database.ts';
import { eventually } from '../../testing/eventually.ts';
import { BOOT_TIMEOUT_MS, streamBroker, type TestStreamBroker } from '../stream-client/test-stream-broker.ts';
import { effectsPool, fencedStoreOf, positionOf } from './test-effects.ts';
import { onStreams } from './test-on-streams.ts';
import { runningSum, SUMS_TABLE, snapshotOf } from './test-running-sum.ts';
import { messages, numbers, type StreamEvent, type TestSource, textOf } from './test-source.ts';

const SUMMER = join(import.meta.dirname, '../fixtures/stream-sum.ts');
const DEADLINE_MS = 40_000;
const TEST_TIMEOUT_MS = 120_000;
let broker: TestStreamBroker;
let db: TestDatabase;
let pool: pg.Pool;
let children: ChildProcess[] = [];
beforeAll(async () => {
  [broker, db] = await Promise.all([streamBroker(), testDatabase()]);
  pool = effectsPool(db.url);
  await db.pool.query(SUMS_TABLE);
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

const { newName, newStream, started } = onStreams(() => broker, { timeoutMs: DEADLINE_MS });
const consumerOf = (stream: string) => `consume/${stream}`;
const sumOf = (count: number) => (count * (count - 1)) / 2;
const stored = (stream: string) => positionOf(pool, consumerOf(stream));
/** A source whose handler moves the checkpoint, if anybody does. */
const onHandler = (options: Record<string, unknown>, handler?: (event: StreamEvent) => unknown, overrides = {}) =>
  started({ checkpoint: 'handler', ...options }, handler, { fencedStore: fencedStoreOf(pool), ...overrides });
const positions = ({ invocations }: TestSource) => invocations.map(({ checkpoint }) => checkpoint?.position);

describe('kill -9 of a worker whose handler keeps a sum in memory and stores it every 30 records', () => {
  const EVERY = 30;
  function summer(stream: string, checkpoint: string): { killed(): Promise<unknown>; through(): number } {
    const child = spawn(process.execPath, [SUMMER, broker.url, db.url, stream, checkpoint, String(EVERY)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const exited = new Promise((resolve) => child.once('exit', resolve));
    let said = '';
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes;
    });
    return {
      async killed() {
        child.kill('SIGKILL');
        await exited;
      },
      through: () => Number(said.trimEnd().split('\n').at(-1) ?? -1),
    };
  }
  const sumAt = (stream: string, through: number) =>
    eventually(
      'the last snapshot',
      async () => {
        const snapshot = await snapshotOf(pool, consumerOf(stream));
        return snapshot.through === through ? snapshot : undefined;
      },
      DEADLINE_MS,
    );

  test(
    'at any moment: the sum is exact',
    async () => {
      const stream = await newStream(...numbers(0, 600));
      for (const enough of [1, 150, 400]) {
        const worker = summer(stream, 'handler');
        const far = enough + Math.floor(Math.random() * 100);
        await eventually(`record ${far}`, () => worker.through() >= far, DEADLINE_MS);
        await worker.killed();
        expect((await stored(stream)) ?? 0).toBe((await snapshotOf(pool, consumerOf(stream))).through + 1);
      }
      summer(stream, 'handler');
      expect(await sumAt(stream, 599)).toEqual({ sum: sumOf(600), through: 599 });
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'mutant: the trigger moves the checkpoint as well, and what was in memory alone is lost',
    async () => {
      const stream = await newStream(...numbers(0, 100));
      const worker = summer(stream, 'postgres');
      await eventually('a position past the snapshot', async () => (await stored(stream)) === 100, DEADLINE_MS);
      await worker.killed();
      await broker.publish(stream, messages(...numbers(100, 120)));
      summer(stream, 'postgres');
      expect((await sumAt(stream, 119)).sum).toBeLessThan(sumOf(120));
    },
    TEST_TIMEOUT_MS,
  );
});

test(
  'each batch says where the checkpoint is once it is done; the trigger stores none, at a stop neither, and the next start gets all again',
  async () => {
    const stream = await newStream(...numbers(0, 25));
    let stores = 0;
    const moveCheckpoint = () => {
      stores += 1;
      return new Promise<never>(() => undefined);
    };
    const fencedStore = { ...fencedStoreOf(pool), moveCheckpoint };
    const options = { stream, batchSize: 10, parallelizationFactor: 1 };
    const first = await onHandler(options, undefined, { fencedStore });
    await first.handled(25);
    const lasts = first.invocations.map(({ Records }) => Number(Records.at(-1)?.kinesis.sequenceNumber));
    expect(positions(first)).toEqual(lasts.map((last) => String(last + 1)));
    expect(first.invocations[0]?.checkpoint).toMatchObject({ consumer: consumerOf(stream), epoch: '1' });
    await first.stop();
    expect(first.logger.lines.at(-1)?.message).toBe('event source stopped');
    expect(stores).toBe(0);
    expect(await stored(stream)).toBeUndefined();
    const second = await onHandler(options);
    await second.handled(25);
    expect(second.texts()).toEqual(numbers(0, 25));
    expect(second.invocations[0]?.checkpoint).toMatchObject({ epoch: '2' });
  },
  TEST_TIMEOUT_MS,
);

test(
  'behind is counted from what was handled, not from a stored position that the trigger does not know',
  async () => {
    const stream = await newStream(...numbers(0, 20));
    const gate = Promise.withResolvers<void>();
    const held = ({ Records }: StreamEvent) =>
      Records.some((each) => textOf(each) === '15') ? gate.promise : undefined;
    const source = await onHandler({ stream, batchSize: 1 }, held);
    await eventually('five records behind', () => source.source.health().recordsBehind === 5, DEADLINE_MS);
    gate.resolve();
    await eventually('nothing behind', () => source.source.health().recordsBehind === 0, DEADLINE_MS);
    expect(source.source.health().status).toBe('running');
  },
  TEST_TIMEOUT_MS,
);

test(
  'fenced out by a take-over that came late: it takes over anew, gets all from its snapshot on, and the sum is exact',
  async () => {
    const stream = await newStream(...numbers(0, 35));
    const source = await onHandler({ stream, batchSize: 5 }, runningSum(pool, { every: 10 }));
    await eventually('the third snapshot', async () => (await stored(stream)) === 30, DEADLINE_MS);
    await source.handled(35);
    await takeOver({ pool, consumer: consumerOf(stream), lockTimeoutMs: DEADLINE_MS });
    await broker.publish(stream, messages(...numbers(35, 50)));
    await eventually('the last snapshot', async () => (await stored(stream)) === 50, DEADLINE_MS);
    expect(await snapshotOf(pool, consumerOf(stream))).toEqual({ sum: sumOf(50), through: 49 });
    expect(source.texts().filter((text) => text === '30')).toHaveLength(2);
    expect(source.texts().filter((text) => text === '29')).toHaveLength(1);
  },
  TEST_TIMEOUT_MS,
);

test(
  'LATEST: where it begins is stored by the trigger, or what comes while nobody is there would be lost',
  async () => {
    const stream = await newStream('old');
    const options = { stream, startingPosition: 'LATEST' };
    const first = await onHandler(options);
    await first.active(1);
    await first.stop();
    expect(await stored(stream)).toBe(1);
    await broker.publish(stream, messages('meanwhile'));
    const second = await onHandler(options);
    await second.handled(1);
    expect(second.texts()).toEqual(['meanwhile']);
  },
  TEST_TIMEOUT_MS,
);

test(
  'a record given up on: no position past it before its dead letter is confirmed; after a crash it is sent again',
  async () => {
    const stream = await newStream(...numbers(0, 6));
    const dead = newName();
    const options = {
      stream,
      batchSize: 1,
      functionResponseType: 'ReportBatchItemFailures',
      destinations: { onFailure: dead },
      retryDelay: { minimum: 0, maximum: 0.1 },
    };
    const poisoned = ({ Records }: StreamEvent) => {
      const bad = Records.filter((record) => textOf(record) === '2');
      return {
        batchItemFailures: bad.map(({ kinesis }) => ({
          itemIdentifier: kinesis.sequenceNumber,
          error: { code: 'poison', message: 'of no use', retriable: false },
        })),
      };
    };
    const sent = ({ events }: TestSource) => events.filter(({ type }) => type === 'recordDeadLettered').length;
    const first = await onHandler(options, poisoned);
    await first.handled(6);
    expect(positions(first)).toEqual(['1', '2', '3', undefined, undefined, undefined]);
    expect(sent(first)).toBe(0);
    await broker.createStream(dead);
    await eventually('the dead letter', () => sent(first) === 1, DEADLINE_MS);
    await broker.publish(stream, messages('6'));
    await first.handled(7);
    expect(positions(first).at(-1)).toBe('7');
    await first.stop();
    const second = await onHandler(options, poisoned);
    await eventually('the dead letter again', () => sent(second) === 1, DEADLINE_MS);
  },
  TEST_TIMEOUT_MS,
);
