import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processIdentity } from '../shared/process-identity.ts';
import { takeLock } from './lock-file.ts';

let file: string;
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'heartline-lock-')), 'a', 'lock');
});
afterEach(() => rm(join(file, '..', '..'), { recursive: true, force: true }));

const heldBy = (pid: number, identity: string | undefined) => writeFileSync(file, JSON.stringify({ pid, identity }));

test('is held until it is given back', () => {
  const unlock = takeLock(file);
  expect(unlock).toBeTypeOf('function');
  expect(existsSync(file)).toBe(true);
  if (typeof unlock === 'function') unlock();
  expect(existsSync(file)).toBe(false);
});

test('of a running process is respected', () => {
  takeLock(file);
  heldBy(process.ppid, processIdentity(process.ppid));
  expect(takeLock(file)).toEqual({ heldBy: process.ppid });
});

test.each([
  ['a process that is gone', () => heldBy(99_999_999, '1')],
  ['a process whose pid is another’s by now', () => heldBy(process.ppid, 'an earlier start time')],
  ['nobody: a crash left it empty', () => writeFileSync(file, '')],
])('of %s is taken over', (_whose, leave) => {
  takeLock(file);
  leave();
  expect(takeLock(file)).toBeTypeOf('function');
});
