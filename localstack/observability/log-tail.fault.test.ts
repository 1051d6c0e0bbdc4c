import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { logFile } from './log-files.ts';
import { follow } from './log-tail.ts';
import { createLogWriter } from './log-writer.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heartline-logs-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const LINES = 300;

/** What a follower sees of 300 lines, three rotations among them, the last one seen included. */
async function seenBy(follower: (dir: string, signal: AbortSignal) => AsyncGenerator<string[]>): Promise<string[]> {
  const seen: string[] = [];
  const stop = new AbortController();
  const ended = (async () => {
    for await (const lines of follower(dir, stop.signal)) seen.push(...lines);
  })();
  const writer = createLogWriter({ dir, warn: expect.fail, onDropped: () => expect.fail('dropped'), fileBytes: 500 });
  writer.write('0');
  await writer.settled();
  await eventually('the first line', () => seen.includes('0'));
  for (let n = 1; n < LINES; n += 1) {
    writer.write(`${n}`);
    if (n % 10 === 0) await writer.settled();
  }
  await writer.close();
  await eventually('the last line', () => seen.includes(`${LINES - 1}`));
  stop.abort();
  await ended;
  return seen;
}

async function* byPath(folder: string, signal: AbortSignal): AsyncGenerator<string[]> {
  let position = 0;
  while (!signal.aborted) {
    const bytes = await readFile(logFile(folder)).catch(() => Buffer.alloc(0));
    if (bytes.length < position) position = 0;
    const lines = bytes.toString('utf8', position).split('\n');
    position = bytes.length;
    yield lines.filter((line) => line !== '');
    await sleep(100);
  }
}

const all = Array.from({ length: LINES }, (_, n) => `${n}`);

test('following sees each line once, in order, through rotations between two looks', async () => {
  expect(await seenBy((folder, signal) => follow(folder, undefined, signal))).toEqual(all);
});

test('mutant: following the path instead of the file loses the lines of rotated files', async () => {
  expect(await seenBy(byPath)).not.toEqual(all);
});
