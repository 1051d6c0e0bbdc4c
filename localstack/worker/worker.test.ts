import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { eventually } from '../testing/eventually.ts';
import { messagesIn, send } from '../triggers/pgmq/test-source.ts';
import { startWorker, type Worker, type WorkerOptions } from './start-worker.ts';
import {
  DEADLINE_MS,
  expectDrained,
  FIXTURE_SERVICE,
  isAlive,
  TEST_DEADLINE_MS,
  type WorkLog,
  workLog,
} from './test-worker.ts';

let db: TestDatabase;
let folder: string;
let log: WorkLog;
let workers: Worker[] = [];
let notes: string[] = [];

beforeAll(async () => {
  db = await testDatabase({ migrated: false });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-'));
  log = await workLog(folder);
  notes = [];
});
afterEach(async () => {
  for (const worker of workers) worker.kill();
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
  await db.pool.query('SELECT pgmq.drop_queue(queue_name) FROM pgmq.list_queues()');
  await rm(folder, { recursive: true });
});
afterAll(() => db.drop());

async function start(options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const environment = { HEARTLINE_DATABASE_URL: db.url, HEARTLINE_HOME: folder, FIXTURE_LOG: log.file };
  const worker = await startWorker({
    function: 'queue',
    replicas: 1,
    service: FIXTURE_SERVICE,
    readyMs: DEADLINE_MS,
    note: (message) => notes.push(message),
    ...options,
    environment: { ...environment, ...options.environment },
  });
  workers.push(worker);
  return worker;
}

const pids = (worker: Worker) => worker.replicas().flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
const emptied = () =>
  eventually('the queue to be empty', async () => (await messagesIn(db.pool, 'fixture')).length === 0);
const readyAgain = (worker: Worker, restarts: number) =>
  eventually(
    `a replica that was restarted ${restarts} times to run`,
    () => worker.replicas().find((replica) => replica.state === 'ready' && replica.restarts === restarts),
    DEADLINE_MS,
  );

test(
  'replicas share the queue; the handler gets its environment and a context as in Lambda',
  async () => {
    const worker = await start({ replicas: 2 });
    const ids = Array.from({ length: 24 }, (_, index) => index + 1);
    await send(
      db.pool,
      'fixture',
      ids.map((id) => ({ id, takesMs: 100 })),
    );
    await log.ended(ids);
    await emptied();
    const lines = await log.lines();
    expectDrained(lines);
    expect(new Set(lines.map(({ pid }) => pid))).toEqual(new Set(pids(worker)));
    const { environment, context, remainingMs } = await log.began(1);
    expect(environment).toEqual({
      FIXTURE_GREETING: 'from the function',
      FIXTURE_KEPT: 'from the provider',
      AWS_LAMBDA_FUNCTION_NAME: 'worker-fixture-test-queue',
    });
    expect(context).toMatchObject({
      functionName: 'worker-fixture-test-queue',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:worker-fixture-test-queue',
      memoryLimitInMB: '256',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(new Set(lines.flatMap((line) => line.context?.['awsRequestId'] ?? [])).size).toBe(ids.length);
    expect(remainingMs).toBeGreaterThan(8_000);
    expect(remainingMs).toBeLessThanOrEqual(9_000);
    expect(await worker.stop()).toEqual({ code: 0 });
    expect(pids(worker)).toEqual([]);
  },
  TEST_DEADLINE_MS,
);

/** Ends a worker in the middle of its work; how is the question. */
async function endInTheMiddle(end: (worker: Worker) => void): Promise<{ code: number }> {
  const worker = await start({ replicas: 2 });
  await send(db.pool, 'fixture', [
    { id: 1, takesMs: 1_500 },
    { id: 2, takesMs: 1_500 },
  ]);
  await Promise.all([log.began(1), log.began(2)]);
  end(worker);
  const ended = await worker.exited;
  expect(pids(worker).filter(isAlive)).toEqual([]);
  return ended;
}

test(
  'a stop lets handlers in flight finish: nothing lost, nothing handled twice',
  async () => {
    expect(await endInTheMiddle((worker) => void worker.stop())).toEqual({ code: 0 });
    expectDrained(await log.lines());
    expect(await messagesIn(db.pool, 'fixture')).toEqual([]);
  },
  TEST_DEADLINE_MS,
);

test(
  'mutant: a worker that is ended without a drain fails the same check, and says so by its exit code',
  async () => {
    const end = await endInTheMiddle((worker) => {
      void worker.stop();
      worker.kill();
    });
    expect(end).toEqual({ code: 1 });
    const lines = await log.lines();
    expect(() => expectDrained(lines)).toThrow(/begun 1 times, ended 0 times/);
    expect(await messagesIn(db.pool, 'fixture')).toHaveLength(2);
  },
  TEST_DEADLINE_MS,
);

test(
  'a drain deadline that passes: exit code 1, and the message is still there',
  async () => {
    const worker = await start({ drainMs: 1_000 });
    await send(db.pool, 'fixture', [{ id: 1, takesMs: 8_000 }]);
    await log.began(1);
    expect(await worker.stop()).toEqual({ code: 1 });
    expect(await messagesIn(db.pool, 'fixture')).toHaveLength(1);
  },
  TEST_DEADLINE_MS,
);

test(
  'a replica killed with -9 is started again, and its message handled by another in the end',
  async () => {
    const worker = await start();
    const [killed = 0] = pids(worker);
    await send(db.pool, 'fixture', [{ id: 1, takesMs: 1_500 }]);
    await log.began(1);
    process.kill(killed, 'SIGKILL');
    const { pid, number } = await readyAgain(worker, 1);
    expect({ number, same: pid === killed }).toEqual({ number: 1, same: false });
    expect(notes.join()).toMatch(/replica 1 ended with SIGKILL; it starts again in \d+ ms/);
    await log.ended([1]);
    await emptied();
    const lines = await log.lines();
    expect(lines.filter(({ ended }) => ended === 1)).toMatchObject([{ pid }]);
  },
  TEST_DEADLINE_MS,
);

test(
  'a replica that somebody else asks to end drains, and is started again without being counted as a crash',
  async () => {
    const worker = await start({ crashLimit: { crashes: 1, withinMs: 60_000 } });
    const [asked = 0] = pids(worker);
    await send(db.pool, 'fixture', [{ id: 1, takesMs: 1_000 }]);
    await log.began(1);
    process.kill(asked, 'SIGTERM');
    await readyAgain(worker, 1);
    expectDrained(await log.lines());
    expect(await worker.stop()).toEqual({ code: 0 });
  },
  TEST_DEADLINE_MS,
);

test(
  'scale up runs more; scale down drains the newest and keeps the others',
  async () => {
    const worker = await start();
    const [first] = pids(worker);
    await worker.scale(3);
    expect(worker.replicas().map(({ number, state }) => [number, state])).toEqual([
      [1, 'ready'],
      [2, 'ready'],
      [3, 'ready'],
    ]);
    const [, ...newer] = pids(worker);
    const ids = Array.from({ length: 6 }, (_, index) => index + 1);
    // Two at a time in each of the three.
    await send(
      db.pool,
      'fixture',
      ids.map((id) => ({ id, takesMs: 1_500 })),
    );
    await Promise.all(ids.map((id) => log.began(id)));
    await worker.scale(1);
    expect(pids(worker)).toEqual([first]);
    expect(newer.filter(isAlive)).toEqual([]);
    await log.ended(ids);
    expectDrained(await log.lines());
    await worker.scale(0);
    expect(worker.replicas()).toEqual([]);
    await worker.scale(1);
    await send(db.pool, 'fixture', [{ id: 7 }]);
    await log.ended([7]);
    await expect(worker.scale(65)).rejects.toThrow('65 replicas: give a whole number from 0 to 64');
    await worker.stop();
    await expect(worker.scale(2)).rejects.toThrow('The worker is stopping.');
  },
  TEST_DEADLINE_MS,
);

test(
  'a replica that is stopped by SIGSTOP is ended with the rest, once its drain deadline has passed',
  async () => {
    const worker = await start({ drainMs: 1_000 });
    const [pid = 0] = pids(worker);
    process.kill(pid, 'SIGSTOP');
    expect(await worker.stop()).toEqual({ code: 1 });
    expect(isAlive(pid)).toBe(false);
  },
  TEST_DEADLINE_MS,
);
