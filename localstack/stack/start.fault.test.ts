import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PORTS } from '../../shared/config-schema.ts';
import { processIdentity } from '../../shared/process-identity.ts';
import { readStack, type Stack } from '../../shared/stack-file.ts';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';
import { connects } from '../testing/connects.ts';
import { eventually } from '../testing/eventually.ts';
import { mqttLogin } from '../testing/mqtt-login.ts';
import { freeStackPorts, type StackPorts } from './stack-ports.ts';

const START_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 40_000;
const TEST_TIMEOUT_MS = 240_000;
/** Whatever the group and all others may do with a file. */
const OTHERS = 0o077;
const firstStep = join(import.meta.dirname, '..', 'setup', 'run.mjs');

const logsIn = (folder: string) => readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));

/** The commands of the README, on free ports and in a folder of their own. */
describe('npm start', () => {
  let home: string;
  let ports: StackPorts;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'heartline-start-'));
    ports = await freeStackPorts();
    const settings = Object.entries(ports).map(([name, port]) => [
      PORTS[name as keyof StackPorts].variable,
      String(port),
    ]);
    const { FORCE_COLOR: _, ...surroundings } = process.env; // a pipe gets no colours
    environment = {
      ...surroundings,
      NO_COLOR: '1',
      HEARTLINE_HOME: home,
      HEARTLINE_RECORDINGS: '',
      ...Object.fromEntries(settings),
    };
  });
  afterAll(async () => {
    await rm(home, { recursive: true, force: true });
  });

  const started: ChildProcess[] = [];
  /** Whatever a failed test left running. */
  afterEach(async () => {
    for (const child of started) child.kill('SIGTERM');
    for (const child of started.splice(0)) await ended(child);
  });

  function start(...args: string[]): { child: ChildProcess; output: () => string } {
    const child = spawn(process.execPath, [firstStep, 'start', ...args], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += chunk;
      });
    }
    return { child, output: () => output };
  }
  const command = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [firstStep, ...args], {
      env: environment,
      encoding: 'utf8',
    });
    return { status, output: `${stdout}${stderr}` };
  };
  const running = (output: () => string) =>
    eventually(
      'the stack to be running',
      () => {
        if (output().includes('✗')) throw new Error(output());
        return output().includes('Heartline is running.') ? readStack(home) : undefined;
      },
      START_DEADLINE_MS,
    );
  const ended = (child: ChildProcess) =>
    eventually('npm start to end', () => child.exitCode !== null || child.signalCode !== null, STOP_DEADLINE_MS);
  const servicePids = () =>
    readdirSync(join(home, 'run')).map(
      (file) => JSON.parse(readFileSync(join(home, 'run', file), 'utf8')).group as number,
    );
  const allGone = (pids: number[]) =>
    eventually(
      'every service to be gone',
      () => pids.every((pid) => processIdentity(pid) === undefined),
      STOP_DEADLINE_MS,
    );

  test(
    'runs the ward, answers the other commands, and Ctrl-C stops everything it started',
    async () => {
      const { child, output } = start('--speed', '1000');
      const stack = await running(output);
      const pids = servicePids();
      expect(pids).toHaveLength(3);

      const [first, second] = [await post(stack), await post(stack)];
      expect([first.status, second.status]).toEqual([201, 200]);
      expect(second.body).toBe(first.body);
      await eventually('exactly one notification for it', async () => (await notificationsOf(stack, EVENT_ID)) === 1);
      await eventually(
        'the ward to have been notified of, live',
        () => / [1-9]\d* notifications to staff/.test(output()),
        30_000,
      );

      const status = command('status');
      expect(status, status.output).toMatchObject({ status: 0 });
      expect(status.output).toMatch(/✓ dependencies/);
      const shown = [output(), status.output, command('status', '--json').output, ...logsIn(join(home, 'logs'))];
      const { password, host } = new URL(stack.endpoints.rabbitmq?.mqtt ?? '');
      expect(password).not.toBe('');
      for (const text of shown) expect(text.includes(password)).toBe(false);
      expect(statSync(join(home, 'stack.json')).mode & OTHERS).toBe(0);
      await expect(mqttLogin(`mqtt://${host}`, {})).rejects.toThrow(/Bad User Name or Password/);
      for (const name of ['ingest-alert', 'get-alert', 'list-notifications', 'notify-staff', 'healthz', 'readyz']) {
        const { status: code, output: printed } = command('invoke', name);
        expect(code, printed).toBe(0);
      }
      expect(command('invoke', 'ingest-alert').output).toMatch(/"statusCode": 200/);
      expect(command('invoke', 'nothing').status).not.toBe(0);
      expect(command('reset')).toMatchObject({ status: 1, output: expect.stringContaining('The stack is running') });
      expect(command('start')).toMatchObject({ status: 1, output: expect.stringContaining('already running') });
      expect(command('logs', '-n', '5').output.trim().split('\n').length).toBeGreaterThan(0);

      child.kill('SIGINT'); // the first step only survives it; the group's signal is what a terminal sends
      process.kill(stack.pid, 'SIGINT');
      await ended(child);
      expect(child.exitCode).toBe(0);
      await allGone([...pids, stack.pid]);
      expect(existsSync(join(home, 'stack.json'))).toBe(false);
      expect(command('status').status).toBe(3);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'killed with kill -9 it blocks nothing: the next start has the data, and reset removes them',
    async () => {
      const killed = start('--no-ward');
      const stack = await running(killed.output);
      const pids = servicePids();
      process.kill(stack.pid, 'SIGKILL');
      await ended(killed.child);

      const again = start('--no-ward');
      const next = await eventually(
        'the next stack to be running',
        async () => {
          const found = again.output().includes('Heartline is running.') ? readStack(home) : undefined;
          return found && found.pid !== stack.pid ? found : undefined;
        },
        START_DEADLINE_MS,
      );
      await allGone(pids);
      expect((await post(next)).status, 'the alert of the run before is still known').toBe(200);
      again.child.kill('SIGTERM');
      await ended(again.child);
      await allGone([next.pid]);
      expect(command('reset')).toMatchObject({ status: 0, output: expect.stringContaining('Removed') });
      expect(existsSync(home)).toBe(false);
    },
    TEST_TIMEOUT_MS,
  );

  test('a busy port is named with the setting that changes it, and nothing is started', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(ports.http, '127.0.0.1', resolve));
    const { status, output } = command('start', '--no-ward');
    taken.close();
    expect(status).toBe(1);
    expect(output).toContain(`Port ${ports.http} for the HTTP API is in use`);
    expect(output).toContain('HEARTLINE_HTTP_PORT');
    expect(await connects(ports.postgres)).toBe(false);
  });

  test.each([
    [['--speed', 'fast'], '--speed fast: give a number above 0'],
    [['--nonsense'], "Unknown option '--nonsense'"],
  ])('a wrong argument is named: %j', (args, message) => {
    expect(command('start', ...args)).toMatchObject({ status: 1, output: expect.stringContaining(message) });
  });
});

const EVENT_ID = 'c0ffee00-0000-4000-8000-000000000001';
const DETECTED_AT = new Date().toISOString();

async function post(stack: Stack): Promise<{ status: number; body: string }> {
  const answer = await fetchAllowed(`${stack.endpoints.http}/db-first/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      eventId: EVENT_ID,
      patientId: 'p-17',
      deviceId: 'monitor-4',
      ward: 'icu-1',
      kind: 'VT',
      severity: 'high',
      detectedAt: DETECTED_AT,
    }),
  });
  return { status: answer.status, body: await answer.text() };
}

async function notificationsOf(stack: Stack, eventId: string): Promise<number> {
  const answer = await fetchAllowed(`${stack.endpoints.http}/db-first/notifications?since=${DETECTED_AT}&limit=1000`);
  const { notifications } = (await answer.json()) as { notifications: { eventId: string }[] };
  return notifications.filter((one) => one.eventId === eventId).length;
}
