import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { startWorker, type Worker, type WorkerOptions } from './start-worker.ts';
import { DEADLINE_MS, FIXTURE_SERVICE, TEST_DEADLINE_MS } from './test-worker.ts';

const KB_PER_MB = 1_024;

let db: TestDatabase;
let folder: string;

beforeAll(async () => {
  db = await testDatabase({ migrated: false });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-start-'));
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(() => db.drop());

function start({ environment, ...options }: Partial<WorkerOptions> = {}): Promise<Worker> {
  return startWorker({
    function: 'queue',
    replicas: 1,
    service: FIXTURE_SERVICE,
    readyMs: DEADLINE_MS,
    ...options,
    environment: { HEARTLINE_DATABASE_URL: db.url, HEARTLINE_HOME: folder, ...environment },
  });
}

test.each([
  ['a replica that cannot load its handler', 'missing-module', 78, /no module for handler nowhere\.handler/],
  ['an export that is not there', 'missing-export', 78, /exports no function 'nothing'/],
  ['a handler with a callback', 'takes-callback', 78, /takes a callback/],
  ['a replica that keeps crashing', 'crashes', 70, /crashed 3 times within 30 s.*this module ends the process/s],
])(
  '%s ends the worker',
  async (_name, name, exitCode, message) => {
    const starting = start({ function: name, replicas: 2, crashLimit: { crashes: 3, withinMs: 30_000 } });
    await expect(starting).rejects.toThrow(message);
    await expect(starting).rejects.toMatchObject({ code: 'worker_not_started', exitCode });
  },
  TEST_DEADLINE_MS,
);

test(
  'a database that does not answer: an error that says what was tried and what to start',
  async () => {
    const environment = { HEARTLINE_DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' };
    const starting = start({ readyMs: 4_000, environment });
    await expect(starting).rejects.toThrow(
      /within 4 s:\n {2}replica 1: starting\n.*pgmq \(events\[0\]\): reconnecting \(.*ECONNREFUSED/,
    );
    await expect(starting).rejects.toThrow(/'npm start'.*HEARTLINE_DATABASE_URL/);
  },
  TEST_DEADLINE_MS,
);

test(
  'idle, a replica takes less than 120 MB',
  async () => {
    const worker = await start();
    const pid = worker.replicas()[0]?.pid;
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    await worker.stop();
    expect(Number(stdout) / KB_PER_MB).toBeLessThan(120);
  },
  TEST_DEADLINE_MS,
);
