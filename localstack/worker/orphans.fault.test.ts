import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { eventually } from '../testing/eventually.ts';
import { messagesIn, send } from '../triggers/pgmq/test-source.ts';
import {
  type CommandRun,
  expectDrained,
  isAlive,
  runWorkerCommand,
  TEST_DEADLINE_MS,
  type WorkLog,
  workLog,
} from './test-worker.ts';

/** The drain of an orphan takes up to 7 s, its guard's patience is 10 s; more beside other tests. */
const GONE_WITHIN_MS = 45_000;

let db: TestDatabase;
let folder: string;
let log: WorkLog;
let run: CommandRun | undefined;

beforeAll(async () => {
  db = await testDatabase({ migrated: false });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-orphans-'));
  log = await workLog(folder);
});
afterEach(async () => {
  run?.process.kill('SIGKILL');
  await run?.exit;
  await db.pool.query('SELECT pgmq.drop_queue(queue_name) FROM pgmq.list_queues()');
  await rm(folder, { recursive: true });
});
afterAll(() => db.drop());

const allGone = (pids: readonly number[], withinMs = GONE_WITHIN_MS) =>
  eventually(`processes ${pids.join()} to be gone`, () => !pids.some(isAlive), withinMs);

/** Two replicas, each with a message that it has begun; their pids are those that the handler wrote down. */
async function twoBusyReplicas(work: Record<string, number>): Promise<{ parent: number; replicas: number[] }> {
  const started = runWorkerCommand(['queue', '--replicas', '2'], {
    HEARTLINE_DATABASE_URL: db.url,
    HEARTLINE_HOME: folder,
    FIXTURE_LOG: log.file,
  });
  run = started;
  await started.said('2 replicas run');
  const busy = async () => [...new Set((await log.lines()).map(({ pid }) => pid))];
  let id = 0;
  // Whichever is faster takes a message: until both have one.
  while ((await busy()).length < 2) {
    id += 1;
    await send(db.pool, 'fixture', [{ id, ...work }]);
    await log.began(id);
  }
  return { parent: started.process.pid ?? 0, replicas: await busy() };
}

test(
  'kill -9 of the parent: replicas finish what they have begun, and end',
  async () => {
    const { parent, replicas } = await twoBusyReplicas({ takesMs: 2_000 });
    process.kill(parent, 'SIGKILL');
    await allGone(replicas);
    expectDrained(await log.lines());
    expect(await messagesIn(db.pool, 'fixture')).toEqual([]);
  },
  TEST_DEADLINE_MS,
);

test(
  'kill -9 of the parent: a replica that hears nothing, and one that is stopped, end as well',
  async () => {
    const { parent, replicas } = await twoBusyReplicas({ blocksMs: 60_000 });
    const [stopped = 0] = replicas;
    process.kill(stopped, 'SIGSTOP');
    process.kill(parent, 'SIGKILL');
    await allGone(replicas);
  },
  TEST_DEADLINE_MS,
);

test('mutant: a child that nobody guards outlives its parent, and fails the same check', async () => {
  const parent = spawn('sh', ['-c', 'sleep 120 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const child = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))));
  parent.kill('SIGKILL');
  await expect(allGone([child], 1_000)).rejects.toThrow('waited 1000 ms in vain');
  process.kill(child, 'SIGKILL');
});
