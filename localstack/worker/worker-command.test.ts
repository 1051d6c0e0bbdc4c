import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort } from '../services/ports.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { eventually } from '../testing/eventually.ts';
import { send } from '../triggers/pgmq/test-source.ts';
import {
  type CommandRun,
  DEADLINE_MS,
  expectDrained,
  runWorkerCommand,
  TEST_DEADLINE_MS,
  type WorkLog,
  workLog,
} from './test-worker.ts';

let db: TestDatabase;
let folder: string;
let log: WorkLog;
let runs: CommandRun[] = [];

beforeAll(async () => {
  db = await testDatabase({ migrated: false });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-command-'));
  log = await workLog(folder);
});
afterEach(async () => {
  for (const run of runs) run.process.kill('SIGKILL');
  await Promise.all(runs.map((run) => run.exit));
  runs = [];
  await db.pool.query('SELECT pgmq.drop_queue(queue_name) FROM pgmq.list_queues()');
  await rm(folder, { recursive: true });
});
afterAll(() => db.drop());

function run(args: readonly string[], environment: Record<string, string> = {}): CommandRun {
  const started = runWorkerCommand(args, {
    HEARTLINE_DATABASE_URL: db.url,
    HEARTLINE_HOME: folder,
    FIXTURE_LOG: log.file,
    ...environment,
  });
  runs.push(started);
  return started;
}

test(
  'it says when all run, serves metrics, passes lines on, and drains at SIGTERM with exit code 0',
  async () => {
    const worker = run(['queue', '--replicas', '2']);
    await worker.said('2 replicas run');
    // Whoever wants to see one die has to know its name.
    expect(worker.stderr()).toMatch(/process {2}\d+, \d+\n/);
    await send(db.pool, 'fixture', [{ id: 1 }, { id: 2, takesMs: 1_500 }]);
    await log.ended([1]);
    await log.began(2);
    const [url = ''] = /http:\S+\/metrics/.exec(worker.stderr()) ?? [];
    const ready = await fetch(url.replace('/metrics', '/readyz'));
    expect(ready.status).toBe(200);
    const source = { trigger: 'pgmq (events[0])', status: 'running' };
    expect(await ready.json()).toMatchObject({
      status: 'ready',
      replicas: [1, 2].map((replica) => ({ replica, state: 'ready', sources: [source], circuits: [] })),
    });
    const counted = /trigger_batches_total\{function="queue",source="fixture",outcome="succeeded"\} [12]/;
    await eventually(
      'the batch in the metrics',
      async () => counted.test(await (await fetch(url)).text()),
      DEADLINE_MS,
    );
    worker.process.kill('SIGTERM');
    expect(await worker.exit, worker.stderr()).toBe(0);
    expectDrained(await log.lines());
    expect(worker.stderr()).toContain('drained');
    const lines = worker.stdout().trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).message)).toContain('fixture began');
    expect(worker.stdout()).not.toContain('_aws');
    expect(await readFile(join(folder, 'logs/worker-queue/heartline.jsonl'), 'utf8')).toContain('fixture began');
  },
  TEST_DEADLINE_MS,
);

test(
  'a second signal ends at once, exit code 1',
  async () => {
    const worker = run(['queue', '--drain-seconds', '60']);
    await worker.said('1 replica runs');
    await send(db.pool, 'fixture', [{ id: 1, takesMs: 8_000 }]);
    await log.began(1);
    worker.process.kill('SIGINT');
    await worker.said('letting handlers in flight finish');
    // Two within half a second count as one: a terminal and npm both pass Ctrl-C on.
    const again = setInterval(() => worker.process.kill('SIGINT'), 200);
    const code = await worker.exit;
    clearInterval(again);
    expect({ code, lines: (await log.lines()).filter(({ ended }) => ended === 1) }).toEqual({ code: 1, lines: [] });
    expect(worker.stderr()).toContain('ending at once');
  },
  TEST_DEADLINE_MS,
);

test(
  'a signal while it starts ends it, with nothing left behind',
  async () => {
    const worker = run(['queue'], { HEARTLINE_DATABASE_URL: 'postgres://nobody@192.0.2.1:5432/away' });
    await eventually('the replica to start', () => worker.stdout().includes('preparing'), DEADLINE_MS);
    worker.process.kill('SIGTERM');
    expect(await worker.exit, worker.stderr()).toBe(0);
  },
  TEST_DEADLINE_MS,
);

test(
  'two workers of one function write to logs of their own; a metrics port in use is a clear error',
  async () => {
    const port = String(await freePort());
    const first = run(['queue', '--metrics-port', port]);
    await first.said('1 replica runs');
    const refused = run(['queue', '--metrics-port', port]);
    expect(await refused.exit).toBe(64);
    expect(refused.stderr()).toContain(`Metrics cannot be served at port ${port}: is another worker running?`);
    const second = run(['queue']);
    await second.said('worker-queue-2');
  },
  TEST_DEADLINE_MS,
);

test.each([
  ['no function', [], 64, /Name the function to run/],
  ['two functions', ['queue', 'subscription'], 64, /subscription: name one function/],
  ['an unknown option', ['queue', '--foo'], 64, /Unknown option '--foo'/],
  ['no replica', ['queue', '--replicas', '0'], 64, /--replicas 0: give a whole number from 1/],
  ['too many replicas', ['queue', '--replicas', '65'], 64, /--replicas 65: give a whole number from 1 to 64/],
  ['half a second', ['queue', '--drain-seconds', '0.5'], 64, /--drain-seconds 0\.5: give a whole number of seconds/],
  ['a port that is none', ['queue', '--metrics-port', '70000'], 64, /--metrics-port 70000/],
  ['an unknown function', ['nobody'], 64, /no function 'nobody'.*queue \(pgmq\)\n {2}subscription \(mqtt\)/s],
  ['only HTTP', ['of-the-list'], 64, /'of-the-list' has only httpApi events.*queue \(pgmq\)/s],
  ['no events', ['no-events'], 64, /'no-events' has no events.*queue \(pgmq\)/s],
  [
    'MQTT in several replicas',
    ['subscription', '--replicas', '2'],
    64,
    /each replica would get, and handle, every message/,
  ],
  ['event sources that are disabled', ['disabled'], 78, /Every event source of function 'disabled' is disabled/],
  [
    'wrong options',
    ['wrong-options'],
    78,
    /function wrong-options, trigger pgmq \(events\[0\]\), option queue: found "Not A Queue", allowed: .*option batchSize: found 0/s,
  ],
])('%s: a clear error', async (_name, args, code, message) => {
  const worker = run(args);
  expect(await worker.exit, worker.stderr()).toBe(code);
  expect(worker.stderr()).toMatch(message);
});

test('a setting that is wrong: exit code 78, and which', async () => {
  const worker = run(['queue'], { HEARTLINE_DB_POOL_SIZE: 'many' });
  expect(await worker.exit).toBe(78);
  expect(worker.stderr()).toContain('HEARTLINE_DB_POOL_SIZE is "many"');
});

test('nothing runs here: an error that says what to start', async () => {
  const port = await freePort();
  const worker = run(['queue'], { HEARTLINE_DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none` });
  expect(await worker.exit).toBe(69);
  expect(worker.stderr()).toMatch(/nothing listens at 127\.0\.0\.1:\d+, and no stack runs here.*npm start/s);
});

test('--help names every exit code', async () => {
  const worker = run(['--help']);
  expect(await worker.exit).toBe(0);
  for (const code of [0, 1, 64, 69, 70, 78]) expect(worker.stdout()).toMatch(new RegExp(`^ {2}${code} `, 'm'));
});
