// A replica as a container runs it: no parent, no channel.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { messagesIn, send } from '../triggers/pgmq/test-source.ts';
import { expectDrained, FIXTURE_SERVICE, TEST_DEADLINE_MS, type WorkLog, workLog } from './test-worker.ts';

let db: TestDatabase;
let folder: string;
let log: WorkLog;
let child: ChildProcess | undefined;
let ended: Promise<number | null>;
let stderr = '';

beforeAll(async () => {
  db = await testDatabase({ migrated: false });
  await db.pool.query(`SELECT pgmq.create('fixture')`);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-replica-'));
  log = await workLog(folder);
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await ended;
  await db.pool.query(`SELECT pgmq.purge_queue('fixture')`);
  await rm(folder, { recursive: true });
});
afterAll(() => db.drop());

function start(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const replica = spawn(
    process.execPath,
    [join(import.meta.dirname, 'replica.ts'), ...args, '--service', FIXTURE_SERVICE],
    {
      env: {
        ...process.env,
        HEARTLINE_DATABASE_URL: db.url,
        HEARTLINE_HOME: folder,
        FIXTURE_LOG: log.file,
        ...environment,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  stderr = '';
  replica.stderr?.on('data', (chunk) => (stderr += chunk));
  ended = new Promise((resolve) => replica.once('close', resolve));
  child = replica;
  return replica;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s drains: what it has begun it finishes, exit code 0',
  async (signal) => {
    const replica = start(['queue']);
    await send(db.pool, 'fixture', [{ id: 1, takesMs: 1_500 }]);
    await log.began(1);
    replica.kill(signal);
    expect(await ended, stderr).toBe(0);
    expectDrained(await log.lines());
    expect(await messagesIn(db.pool, 'fixture')).toEqual([]);
  },
  TEST_DEADLINE_MS,
);

test(
  'a second signal ends at once, exit code 1; the message is delivered again',
  async () => {
    const replica = start(['queue', '--drain-seconds', '60']);
    await send(db.pool, 'fixture', [{ id: 1, takesMs: 8_000 }]);
    await log.began(1);
    const again = setInterval(() => replica.kill('SIGTERM'), 200);
    const code = await ended;
    clearInterval(again);
    expect(code).toBe(1);
    const lines = await log.lines();
    expect(() => expectDrained(lines)).toThrow('begun 1 times, ended 0 times');
    expect(await messagesIn(db.pool, 'fixture')).toHaveLength(1);
  },
  TEST_DEADLINE_MS,
);

test.each([
  ['no function', [], 64, /Name one function/],
  ['an unknown function', ['nobody'], 64, /no function 'nobody'/],
  ['only HTTP', ['of-the-list'], 64, /only httpApi events/],
  ['wrong options', ['wrong-options'], 78, /option queue: found "Not A Queue"/],
  ['a module that throws', ['crashes'], 70, /this module ends the process/],
])('%s: exit code and error', async (_name, args, code, message) => {
  start(args);
  expect(await ended).toBe(code);
  expect(stderr).toMatch(message);
});
