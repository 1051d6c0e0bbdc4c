import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../localstack/testing/database.ts';
import { forgetConfig } from '../../../shared/config.ts';
import { takeOver } from '../../../shared/idempotency/index.ts';
import { readEffects, readPositions, readSums, readTakeOvers } from '../evidence/evidence-store.ts';
import { createFaultsSchema, dropFaultsSchema } from '../evidence/faults-schema-store.ts';
import { lanesOf, wireOf } from '../producer/message.ts';
import type { Effect, ProducerEntry } from '../verdict/history.ts';
import { type Verdict, verdict } from '../verdict/verdict.ts';
import { handler as noDedupe } from './mutants/no-dedupe.ts';
import { pool as workloadPool } from './pool.ts';
import { handler as right } from './right.ts';

type Handler = typeof right;
const CONSUMER = 'faults/faults.raw-w0';
const LOCK_TIMEOUT_MS = 3_000;
const [lane] = lanesOf({ seed: 4, keys: 1, wards: 1, poisonRate: 0 });
const [poisonLane] = lanesOf({ seed: 4, keys: 1, wards: 1, poisonRate: 1 });

let db: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  db = await testDatabase();
  pool = db.pool;
  process.env['HEARTLINE_DATABASE_URL'] = db.url;
  forgetConfig();
});
afterAll(async () => {
  await workloadPool().end();
  await db.drop();
});
beforeEach(async () => {
  await pool.query('TRUNCATE idempotency.once, idempotency.consumers');
  await createFaultsSchema(pool);
});

const message = (sequence: number, isPoison = false) => {
  const from = isPoison ? poisonLane : lane;
  if (!from) throw new Error('there is a lane');
  return from.message(sequence);
};

/** An event as the trigger makes it, of these messages from this offset on. */
function eventOf(messages: readonly ReturnType<typeof message>[], epoch: bigint, from = 0) {
  return {
    Records: messages.map((one, index) => ({
      eventID: `faults.raw-w0:${from + index}`,
      kinesis: { sequenceNumber: String(from + index), data: Buffer.from(wireOf(one)).toString('base64') },
    })),
    checkpoint: { consumer: CONSUMER, epoch: String(epoch), position: String(from + messages.length) },
  };
}

const owner = async () => (await takeOver({ pool, consumer: CONSUMER, lockTimeoutMs: LOCK_TIMEOUT_MS })).epoch;

async function judged(messages: readonly ReturnType<typeof message>[]): Promise<Verdict> {
  const producerLog = messages.flatMap((one): ProducerEntry[] => [
    { kind: 'intent', ...one, atMs: 0 },
    { kind: 'outcome', id: one.id, outcome: 'acked', atMs: 0 },
  ]);
  const effectLog = await readEffects(pool);
  const [sums, takeOvers] = [await readSums(pool), await readTakeOvers(pool)];
  return verdict({ producerLog, effectLog, deadLetters: [], drainedAll: true, sums, takeOvers });
}

const ids = (effects: readonly Effect[]) => effects.map(({ id }) => id);

describe('the workload', () => {
  test('has one effect for each message, whatever is delivered again, and moves the position', async () => {
    const epoch = await owner();
    const messages = [1, 2, 3].map((sequence) => message(sequence));
    await right(eventOf(messages, epoch));
    await right(eventOf(messages.slice(1), epoch, 3));
    expect(await judged(messages)).toMatchObject({ ok: true, counts: { effects: 3, applied: 3 } });
    expect((await readPositions(pool)).get(CONSUMER)).toBe(5n);
  });

  test('applies what is before a poison message, reports that one, and leaves the position alone', async () => {
    const epoch = await owner();
    const batch = [message(1), message(2, true), message(3)];
    const { batchItemFailures } = await right(eventOf(batch, epoch));
    expect(batchItemFailures).toMatchObject([{ itemIdentifier: '1', error: { code: 'poison_record' } }]);
    expect(ids(await readEffects(pool))).toEqual([message(1).id]);
    expect((await readPositions(pool)).get(CONSUMER)).toBeUndefined();
  });

  test('an owner that is none any more has no effect, and is told that the record is not at fault', async () => {
    const old = await owner();
    await owner();
    await expect(right(eventOf([message(1)], old))).rejects.toMatchObject({ code: 'fenced_out', retriable: true });
    expect(await readEffects(pool)).toEqual([]);
  });

  test('changes of owner are numbered among the effects', async () => {
    const first = await owner();
    await right(eventOf([message(1)], first));
    const second = await owner();
    await right(eventOf([message(2)], second, 1));
    const [before, after] = await readEffects(pool);
    const takeOvers = await readTakeOvers(pool);
    expect(takeOvers.map(({ epoch }) => epoch)).toEqual([Number(first), Number(second)]);
    expect(before?.commit).toBeLessThan(takeOvers[1]?.commit ?? 0);
    expect(after?.commit).toBeGreaterThan(takeOvers[1]?.commit ?? Number.POSITIVE_INFINITY);
  });
});

describe('a workload that is wrong', () => {
  test('without dedupe is found by a second delivery', async () => {
    const epoch = await owner();
    const deliver = async (handler: Handler) => {
      await handler(eventOf([message(1)], epoch));
      await handler(eventOf([message(1)], epoch, 1));
      return (await judged([message(1)])).violations.map(({ breach }) => breach);
    };
    expect(await deliver(noDedupe)).toEqual(['twice', 'sums']);
  });
});

test('the checker’s tables go without a trace', async () => {
  await dropFaultsSchema(pool);
  const { rows } = await pool.query(`SELECT tgname FROM pg_trigger WHERE tgrelid = 'idempotency.consumers'::regclass`);
  expect(rows).toEqual([]);
  await owner();
});
