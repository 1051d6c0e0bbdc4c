import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/database.ts';
import { eventually } from '../../testing/eventually.ts';
import { messagesIn, send } from './test-source.ts';

const CONSUMER = join(import.meta.dirname, '../fixtures/consumer.ts');

let db: TestDatabase;
let children: ChildProcess[] = [];
let queue: string;
let queues = 0;

beforeAll(async () => {
  db = await testDatabase({ migrated: false });
  await db.pool.query('CREATE TABLE work (queue text, msg_id bigint, pid int, ended boolean DEFAULT false)');
});
beforeEach(() => {
  queues += 1;
  queue = `killed_${queues}`;
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});
afterAll(() => db.drop());

const emptied = () =>
  eventually(`queue ${queue} to be empty`, async () => (await messagesIn(db.pool, queue)).length === 0);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('kill -9 in the middle of handlers', () => {
  const MESSAGES = 30;
  function consumer(order: string): ChildProcess {
    const child = spawn(process.execPath, [CONSUMER, db.url, queue, '60', order], { stdio: 'ignore' });
    children.push(child);
    return child;
  }

  /** Messages that no handler ended, after one consumer was killed at work and another had all the time it needed. */
  async function lostAfterKill(order: string): Promise<number> {
    await db.pool.query('SELECT pgmq.create($1::text)', [queue]);
    await send(db.pool, queue, numbers(MESSAGES));
    const first = consumer(order);
    await eventually('several handlers to be at work, some done', async () => {
      const { rows } = await db.pool.query<{ began: string; ended: string }>(
        'SELECT count(*) AS began, count(*) FILTER (WHERE ended) AS ended FROM work WHERE queue = $1',
        [queue],
      );
      return Number(rows[0]?.ended) >= 4 && Number(rows[0]?.began) > Number(rows[0]?.ended);
    });
    first.kill('SIGKILL');
    await new Promise((resolve) => first.once('exit', resolve));
    consumer(order);
    await emptied();
    await eventually('the second consumer to have ended its handlers', async () => {
      const { rows } = await db.pool.query('SELECT FROM work WHERE queue = $1 AND NOT ended AND pid <> $2', [
        queue,
        first.pid,
      ]);
      return rows.length === 0;
    });
    const { rows } = await db.pool.query<{ done: string }>(
      'SELECT count(DISTINCT msg_id) AS done FROM work WHERE queue = $1 AND ended',
      [queue],
    );
    return MESSAGES - Number(rows[0]?.done);
  }

  test('every message is handled after the restart', async () => {
    expect(await lostAfterKill('delete-last')).toBe(0);
  });
  test('mutant: a consumer that deletes first loses messages', async () => {
    expect(await lostAfterKill('delete-first')).toBeGreaterThan(0);
  });
});
