import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { eventually } from '../testing/eventually.ts';
import { messagesIn, send } from './pgmq/test-source.ts';

const SERVICE = join(import.meta.dirname, 'fixtures/service');
const SERVERLESS = createRequire(import.meta.url).resolve('osls/bin/serverless.js');
/** A cold start with one schema to compile, on a machine that does other things, too. */
const START_DEADLINE_MS = 40_000;

const TEST_DEADLINE_MS = 90_000;

let db: TestDatabase;
/** The framework keeps its compiled schema under HOME, which takes seconds to make. */
let home: string;
let folder: string;
let log: string;
let services: Service[] = [];

interface Service {
  readonly process: ChildProcess;
  readonly httpPort: number;
  readonly ended: Promise<number | null>;
  output(): string;
}

beforeAll(async () => {
  db = await testDatabase({ migrated: false });
  home = await mkdtemp(join(tmpdir(), 'triggers-home-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'triggers-'));
  log = join(folder, 'log.jsonl');
  await writeFile(log, '');
});
afterEach(async () => {
  for (const service of services) service.process.kill('SIGKILL');
  await Promise.all(services.map((service) => service.ended));
  services = [];
  await rm(folder, { recursive: true });
  await db.pool.query(`SELECT pgmq.drop_queue(queue_name) FROM pgmq.list_queues()`);
});
afterAll(async () => {
  await rm(home, { recursive: true });
  await db.drop();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function startService({
  command = ['offline', 'start'],
  pluginFirst = true,
  databaseUrl = db.url,
  queue = 'fixture',
} = {}) {
  const [httpPort, lambdaPort] = await Promise.all([freePort(), freePort()]);
  const plugins = pluginFirst ? ['./plugin.ts', 'serverless-offline'] : ['serverless-offline', './plugin.ts'];
  const child = spawn(process.execPath, [SERVERLESS, ...command], {
    cwd: SERVICE,
    env: {
      HOME: home,
      FIXTURE_DATABASE_URL: databaseUrl,
      FIXTURE_LOG: log,
      FIXTURE_QUEUE: queue,
      FIXTURE_PLUGIN_1: plugins[0],
      FIXTURE_PLUGIN_2: plugins[1],
      FIXTURE_HTTP_PORT: String(httpPort),
      FIXTURE_LAMBDA_PORT: String(lambdaPort),
    },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  const service: Service = { process: child, httpPort, ended, output: () => text };
  services.push(service);
  return service;
}

async function lines() {
  const text = await readFile(log, 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
async function logged(what: string, matches: (line: Record<string, unknown>) => boolean) {
  const found = await eventually(
    `${what} in the log`,
    async () => {
      const line = (await lines()).find(matches);
      const dead = services.find((service) => service.process.exitCode !== null);
      return line ?? (dead && new Error(`the service ended before ${what} was logged:\n${dead.output()}`));
    },
    START_DEADLINE_MS,
  );
  if (found instanceof Error) throw found;
  return found;
}
const reading = () => logged('a source that reads', ({ message }) => message === 'event source reads');

test.each([
  ['serverless offline start, plugin first', { command: ['offline', 'start'], pluginFirst: true }, 'SIGTERM'],
  ['serverless offline, plugin last', { command: ['offline'], pluginFirst: false }, 'SIGINT'],
] as const)(
  '%s: a message in, the handler run, the message gone; %s drains',
  async (_name, settings, signal) => {
    const service = await startService({ ...settings, command: [...settings.command] });
    await reading();
    await send(db.pool, 'fixture', [{ id: 1, log }]);
    const began = await logged('the handler', ({ handler, id }) => handler === 'began' && id === 1);
    expect(Number(began['remainingMs'])).toBeGreaterThan(4_000);
    await eventually('the message to be gone', async () => (await messagesIn(db.pool, 'fixture')).length === 0);

    await send(db.pool, 'fixture', [{ id: 2, log, takesMs: 1_500 }]);
    await logged('the slow handler', ({ handler, id }) => handler === 'began' && id === 2);
    await send(db.pool, 'fixture', [{ id: 3, log, hangs: true }]);
    await logged('one that hangs', ({ handler, id }) => handler === 'began' && id === 3);
    service.process.kill(signal);
    expect(await service.ended, service.output()).toBe(0);
    expect((await lines()).filter(({ handler, id }) => handler === 'ended' && id === 2)).toHaveLength(1);
    expect((await lines()).at(-1)).toMatchObject({ message: 'host closed' });
    // Told of the deadline, the third has ended before it.
    expect((await lines()).filter(({ handler }) => handler === 'gave back')).toHaveLength(1);
    expect((await lines()).filter(({ message }) => String(message).includes('deadline passed'))).toEqual([]);
    expect((await messagesIn(db.pool, 'fixture')).map(({ message }) => message)).toMatchObject([{ id: 3 }]);
  },
  TEST_DEADLINE_MS,
);

test(
  'a handler that throws: its record ends in the dead-letter queue with its error',
  async () => {
    await startService();
    await reading();
    await send(db.pool, 'fixture', [{ id: 1, log, fails: true }]);
    const [letter] = await eventually('the dead letter', async () => {
      const letters = await messagesIn(db.pool, 'fixture_dlq');
      return letters.length > 0 && letters;
    });
    expect(letter?.headers).toMatchObject({ error: { code: 'ASKED', message: 'asked to fail' }, attempts: 2 });
  },
  TEST_DEADLINE_MS,
);

test(
  'wrong options end the start, with each of them named',
  async () => {
    const service = await startService({ queue: 'Not A Queue' });
    expect(await service.ended).not.toBe(0);
    expect(service.output()).toContain(
      'function consume, trigger pgmq (events[0]), option queue: found "Not A Queue", allowed: 1 to 47 of a-z',
    );
  },
  TEST_DEADLINE_MS,
);

test(
  'HTTP comes up although the database does not answer',
  async () => {
    const port = await freePort();
    const service = await startService({ databaseUrl: `postgres://nobody@127.0.0.1:${port}/none` });
    await logged('the warning', ({ level, part }) => level === 'warn' && part === 'preparing');
    await eventually(
      'HTTP to answer',
      async () => (await fetch(`http://127.0.0.1:${service.httpPort}/alive`)).ok,
      START_DEADLINE_MS,
    );
    expect((await lines()).filter(({ level }) => level === 'warn')).toHaveLength(1);
  },
  TEST_DEADLINE_MS,
);
