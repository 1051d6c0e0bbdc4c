import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '../services/ports.ts';
import { eventually } from '../testing/eventually.ts';
import { testPeer } from '../triggers/mqtt/test-peer.ts';

const RUN = join(import.meta.dirname, 'run.ts');

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
  const ended = once(child, 'close').then(([code]) => ({ code, ...output }));
  return { child, output, ended };
}

test('a run that was acknowledged ends with 0 and its figures', async () => {
  const peer = await testPeer();
  const { code, out, err } = await start('--url', peer.url, '--beds', '24', '--duration', '1s').ended;
  await peer.close();
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^beds {12}24 in 2 wards, for 1\.\d s\nmessages {8}48 sent, 48 acknowledged, 0 sent again\n/);
  expect(peer.of('publish')).toHaveLength(48);
});

test('Ctrl-C ends it at once; without a broker with 1 and what is missing, said once', async () => {
  const { child, output, ended } = start('--url', `mqtt://127.0.0.1:${await freePort()}`, '--beds', '24');
  await eventually('word of the broker', () => output.err.includes('away'));
  child.kill('SIGINT');
  const { code, err } = await ended;
  expect(code).toBe(1);
  expect(err).toMatch(
    /^the broker is away: ECONNREFUSED\nload_not_applied: [1-9]\d* messages were not acknowledged\n$/,
  );
});

test('a wrong argument, and a file that cannot be written, are one line and exit code 2', async () => {
  const [unknown, journal, storm, help] = await Promise.all([
    start('--bed', '3').ended,
    start('--journal', '/nowhere/at/all').ended,
    start('--beds', '24', '--storm', 'icu-3/bed-01').ended,
    start('--help').ended,
  ]);
  expect([unknown.code, unknown.err]).toEqual([2, "argument: Unknown option '--bed' (--help lists all options)\n"]);
  expect(journal.code).toBe(2);
  expect(journal.err).toBe(
    'argument: --journal /nowhere/at/all: it cannot be written (ENOENT): is there a folder /nowhere/at?\n',
  );
  expect(storm.err).toBe(
    'argument: --storm icu-3/bed-01: there is no such bed, beds are icu-1/bed-01 to icu-2/bed-12\n',
  );
  expect([help.code, help.err]).toEqual([0, '']);
  expect(help.out).toContain('--storm WARD/BED');
});
