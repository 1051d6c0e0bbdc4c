import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { logFile } from './log-files.ts';
import { createLogWriter } from './log-writer.ts';
import { logsCommand } from './logs-cli.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heartline-logs-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const line = (n: number) => JSON.stringify({ level: 'INFO', timestamp: '2026-03-01T10:00:00.000Z', message: `${n}` });

/** A running `logs --follow`: the numbers that it has printed so far, and the way to end it. */
function following(argv: string[] = []) {
  let text = '';
  let notes = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      notes += chunk.toString();
      done();
    },
  });
  const stop = new AbortController();
  const ended = logsCommand(['--dir', dir, '--follow', ...argv], {
    stdout,
    stderr,
    patientIdKey: 'k',
    signal: stop.signal,
  });
  const numbers = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((each) => Number((JSON.parse(each) as { message: string }).message));
  const end = async () => {
    stop.abort();
    return await ended;
  };
  return { numbers, end, notes: () => notes };
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('--follow', () => {
  test('shows every line once, in order, through many rotations', async () => {
    const LINES = 3_000;
    const writer = createLogWriter({
      dir,
      warn: (message) => expect.fail(message),
      onDropped: () => expect.fail('lines were dropped'),
      fileBytes: 20_000,
      filesKept: 5,
    });
    writer.write(line(0));
    await writer.settled();
    const follower = following();
    await eventually('the first line', () => follower.numbers().length === 1);
    // Paced by what was read: four files may be written between two looks, more would be gone before they are seen.
    for (let n = 1; n < LINES; n += 1) {
      writer.write(line(n));
      if (n % 20 === 0) await writer.settled();
      if (n % 600 === 0) await eventually(`line ${n}`, () => follower.numbers().at(-1) === n);
    }
    await writer.close();
    await eventually('the last line', () => follower.numbers().length >= LINES);
    expect(follower.numbers()).toEqual(upTo(LINES));
    expect(await follower.end()).toBe(0);
  });

  test('starts again at the beginning of a truncated file', async () => {
    await writeFile(logFile(dir), `${line(0)}\n${line(1)}\n`);
    const follower = following();
    await eventually('the lines before', () => follower.numbers().length === 2);
    await truncate(logFile(dir), 0);
    await appendFile(logFile(dir), `${line(2)}\n`);
    await eventually('the line after', () => follower.numbers().length === 3);
    expect(follower.numbers()).toEqual(upTo(3));
    await follower.end();
  });

  test('waits for the end of a line that is being written', async () => {
    const [head, tail] = [line(1).slice(0, 20), line(1).slice(20)];
    await writeFile(logFile(dir), `${line(0)}\n${head}`);
    const follower = following(['-n', '5']);
    await eventually('the whole line', () => follower.numbers().length === 1);
    await appendFile(logFile(dir), `${tail}\n`);
    await eventually('the rest of the other', () => follower.numbers().length === 2);
    expect(follower.numbers()).toEqual(upTo(2));
    await follower.end();
  });

  test('waits for the first log, and says so', async () => {
    const follower = following();
    await eventually('the note', () => follower.notes().includes('Waiting'));
    await writeFile(logFile(dir), `${line(0)}\n`);
    await eventually('the first line', () => follower.numbers().length === 1);
    expect(await follower.end()).toBe(0);
  });

  test('-n 0 shows only what is new', async () => {
    await writeFile(logFile(dir), `${line(0)}\n`);
    const follower = following(['-n', '0', '--level', 'info']);
    await appendFile(logFile(dir), `${line(1)}\n`);
    await eventually('a line', async () => {
      await appendFile(logFile(dir), `${line(2)}\n`);
      return follower.numbers().length > 0;
    });
    expect(follower.numbers()).not.toContain(0);
    await follower.end();
  });
});

const command = `
  import { logsCommand } from ${JSON.stringify(new URL('./logs-cli.ts', import.meta.url).href)};
  const { stdout, stderr } = process;
  process.exitCode = await logsCommand(process.argv.slice(1), { stdout, stderr, patientIdKey: 'k' });
`;

describe('a reader that leaves', () => {
  test('(| head) ends the command quietly, with nothing on stderr', async () => {
    await writeFile(logFile(dir), Array.from({ length: 50_000 }, (_, n) => `${line(n)}\n`).join(''));
    const script =
      'set -o pipefail; "$0" --input-type=module-typescript --eval "$1" -- --dir "$2" -n 50000 | head -n 2';
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script, process.execPath, command, dir]);
    expect(stdout).toBe(`${line(0)}\n${line(1)}\n`);
    expect(stderr).toBe('');
  });

  test('ends --follow with the next line', async () => {
    await writeFile(logFile(dir), `${line(0)}\n`);
    const child = spawn(process.execPath, [
      '--input-type=module-typescript',
      '--eval',
      command,
      '--',
      '--dir',
      dir,
      '-f',
    ]);
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    await eventually('the command to end', async () => {
      await appendFile(logFile(dir), `${line(1)}\n`);
      return child.exitCode !== null;
    });
    expect(await closed).toEqual([0, null]);
  });
});
