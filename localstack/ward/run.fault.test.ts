import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { findRecordings } from './find-recordings.ts';
import { type AlertServer, startAlertServer } from './testing/alert-server.ts';
import { expectDelivered } from './testing/delivered.ts';
import { copyCases, temporaryFolder } from './testing/recording-files.ts';

const RUN = join(import.meta.dirname, 'run.ts');
/** 20 minutes of recording in 2 s: long enough to be killed in the middle. */
const SPEED = '600';
const KILL_AFTER_STORED = 25;
const EXIT_DEADLINE_MS = 20_000;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [RUN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.err += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...output }));
  return { child, ended };
}

/** A simulator is killed in the middle, another goes on: with the same state, or (`forget`) with none. */
async function killInTheMiddle(
  check: (server: AlertServer, folder: string) => Promise<void>,
  forget = false,
): Promise<void> {
  await using folder = await temporaryFolder();
  await using server = await startAlertServer();
  await copyCases(folder.path, 4158, 3631);
  const args = ['--url', server.url, '--recordings', folder.path, '--once', '--speed', SPEED];
  const first = start(...args, '--state', join(folder.path, 'state'));
  await eventually('a third of the alerts', () => server.stored.length >= KILL_AFTER_STORED, EXIT_DEADLINE_MS);
  first.child.kill('SIGKILL');
  expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(server.stored.length).toBeLessThan(80);
  const second = start(...args, '--state', join(folder.path, forget ? 'another-state' : 'state'));
  expect(await second.ended).toMatchObject({ code: 0, err: '' });
  await check(server, folder.path);
}

async function allDelivered(server: AlertServer, folder: string): Promise<void> {
  await expectDelivered(server, (await findRecordings([folder])).arrhythmia);
  const again = [...server.received.values()].filter((bodies) => bodies.length > 1);
  expect(again.length, 'alerts sent again after the kill').toBeGreaterThan(0);
}

test('killed with kill -9 and started again: the same events, with the same bodies', () =>
  killInTheMiddle(allDelivered));

test('without the state it left behind that test fails', async () => {
  await expect(killInTheMiddle(allDelivered, true)).rejects.toThrow(/different bodies/);
});

test('once: a summary in a line, 1 when an alert was refused', async () => {
  await using folder = await temporaryFolder();
  await copyCases(folder.path, 6354);
  await using server = await startAlertServer(() => ({ kind: 'status', status: 400, code: 'invalid_alert' }));
  const state = join(folder.path, 'state');
  const run = start('--url', server.url, '--recordings', folder.path, '--once', '--speed', 'max', '--state', state);
  const { code, out, err } = await run.ended;
  expect(code).toBe(1);
  expect(out).toBe(
    'ward 0:07:14 xmax, 0 stored, 0 redelivered, 1 refused, 0 waiting, 1 beds, VT 1 SVTA 0 AVB 0, 0 readings\n',
  );
  expect(err).toMatch(/^refused [0-9a-f-]{36}: invalid_alert\n$/);
});

test('Ctrl-C ends it in order, another simulator in the same folder is refused', async () => {
  await using folder = await temporaryFolder();
  await using server = await startAlertServer();
  await copyCases(folder.path, 4158);
  const args = [
    '--url',
    server.url,
    '--recordings',
    folder.path,
    '--state',
    join(folder.path, 'state'),
    '--speed',
    '100',
  ];
  const first = start(...args);
  await eventually('an alert', () => server.stored.length > 0, EXIT_DEADLINE_MS);
  const { code, err } = await start(...args).ended;
  expect(code).toBe(2);
  expect(err).toMatch(/^ward_state_in_use: process \d+ is using .*\. Stop it, or give another folder with --state/);
  first.child.kill('SIGINT');
  expect(await first.ended).toMatchObject({ code: 0, err: '' });
});

test('a wrong argument and a wrong folder are one line and exit code 2', async () => {
  const unknown = await start('--sped', '3').ended;
  expect([unknown.code, unknown.err]).toEqual([2, "argument: Unknown option '--sped' (--help lists all options)\n"]);
  const folder = await start('--recordings', '/nowhere/at/all').ended;
  expect(folder.code).toBe(2);
  expect(folder.err).toMatch(
    /^recording_unreadable: \/nowhere\/at\/all: the folder cannot be read \(ENOENT\)\. [^\n]*\n$/,
  );
  expect(await start('--help').ended).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('--speed N|max'),
  });
});
