import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLogger } from '../../shared/observability/logger.ts';
import { logFile } from './log-files.ts';
import { logsCommand } from './logs-cli.ts';

const KEY = 'key-of-a-test';
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heartline-logs-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function collector(terminal: { isTTY?: boolean; columns?: number } = {}) {
  const texts: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      texts.push(chunk.toString());
      done();
    },
  });
  return { stream: Object.assign(stream, terminal), text: () => texts.join('') };
}

async function logs(argv: string[], terminal: { isTTY?: boolean; columns?: number } = {}) {
  const [out, err] = [collector(terminal), collector()];
  const code = await logsCommand(['--dir', dir, ...argv], {
    stdout: out.stream,
    stderr: err.stream,
    patientIdKey: KEY,
    color: false,
  });
  return { code, out: out.text(), err: err.text(), lines: out.text().split('\n').slice(0, -1) };
}

function line(fields: Record<string, unknown>): string {
  const base = { level: 'INFO', timestamp: '2026-03-01T10:00:00.000Z', service: 'heartline', message: 'alert stored' };
  return `${JSON.stringify({ ...base, ...fields })}\n`;
}

const messages = (lines: string[]) => lines.map((each) => (JSON.parse(each) as { message: string }).message);

describe('what is shown', () => {
  test('is every file, oldest first, as JSON lines in a pipe', async () => {
    await writeFile(logFile(dir, 2), line({ message: 'a' }));
    await writeFile(logFile(dir, 1), line({ message: 'b' }));
    await writeFile(logFile(dir), `${line({ message: 'c' })}half a line`);
    const { code, lines } = await logs([]);
    expect(code).toBe(0);
    expect(messages(lines)).toEqual(['a', 'b', 'c', 'half a line']);
  });

  test('is the last 100 lines unless -n says otherwise, and all since a time', async () => {
    await writeFile(logFile(dir, 1), Array.from({ length: 150 }, (_, n) => line({ message: `${n}` })).join(''));
    await writeFile(logFile(dir), Array.from({ length: 30 }, (_, n) => line({ message: `${150 + n}` })).join(''));
    expect(messages((await logs([])).lines)).toEqual(Array.from({ length: 100 }, (_, n) => `${80 + n}`));
    expect(messages((await logs(['-n', '2'])).lines)).toEqual(['178', '179']);
    expect((await logs(['-n', '0'])).lines).toEqual([]);
    expect((await logs(['--since', '2026-03-01'])).lines).toHaveLength(180);
    expect((await logs(['--since', '2026-03-01', '-n', '3'])).lines).toHaveLength(3);
  });

  test.each<[string[], string[]]>([
    [['--function', 'db-first-ingest'], ['by function']],
    [
      ['--event', 'e-7'],
      ['by event', 'in a batch'],
    ],
    [
      ['--level', 'warn'],
      ['a warning', 'an error'],
    ],
    [['--level', 'ERROR'], ['an error']],
    [['--grep', 'NAÏVE "quoted"'], ['a naïve "quoted" text']],
    [['--since', '2026-03-02T00:00:00Z'], ['later']],
    [['--grep', 'a', '--level', 'error'], ['an error']],
    [['--function', 'nothing'], []],
  ])('%j', async (argv, expected) => {
    await writeFile(
      logFile(dir),
      [
        line({ message: 'by function', function: 'db-first-ingest' }),
        line({ message: 'by event', eventId: 'e-7' }),
        line({ message: 'in a batch', eventIds: ['e-6', 'e-7'] }),
        line({ message: 'a warning', level: 'WARN' }),
        line({ message: 'an error', level: 'ERROR' }),
        line({ message: 'a naïve "quoted" text' }),
        line({ message: 'later', timestamp: '2026-03-02T00:00:00.000Z' }),
      ].join(''),
    );
    const { code, lines, err } = await logs(argv);
    expect(code).toBe(0);
    expect(messages(lines)).toEqual(expected);
    expect(err).toBe(expected.length === 0 ? 'No line matches.\n' : '');
  });

  test('--since counts back from now', async () => {
    const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
    await writeFile(
      logFile(dir),
      line({ message: 'old', timestamp: ago(3_600_000) }) + line({ message: 'new', timestamp: ago(60_000) }),
    );
    expect(messages((await logs(['--since', '10m'])).lines)).toEqual(['new']);
    expect(messages((await logs(['--since', '2h'])).lines)).toEqual(['old', 'new']);
  });

  test('--patient finds what the logger wrote about a patient, by the hash', async () => {
    const written: string[] = [];
    const log = createLogger({ service: 's', level: 'info', patientIdKey: KEY, write: (text) => written.push(text) });
    log.info('one', { patientId: 'patient-0001' });
    log.info('two', { patientId: 'patient-0002' });
    await writeFile(logFile(dir), `${written.join('\n')}\n`);
    expect(messages((await logs(['--patient', 'patient-0002'])).lines)).toEqual(['two']);
  });
});

describe('at a terminal', () => {
  const terminal = { isTTY: true, columns: 80 };

  test('lines are aligned, break at the width, and hold everything', async () => {
    await writeFile(
      logFile(dir),
      line({ function: 'db-first-ingest', eventId: 'e-1', traceId: '0af7651916cd43dd' }) +
        line({
          level: 'WARN',
          function: 'db-first-notify',
          message: 'a long message '.repeat(8).trim(),
          count: 3,
          topic: 'a b',
        }) +
        line({
          level: 'ERROR',
          source: 'serverless-offline-long-name',
          error: {
            code: 'db.away',
            message: 'cannot store',
            cause: { name: 'Error', message: 'refused' },
            stack: 'E\n  at x',
          },
          payload: 'x'.repeat(200),
        }),
    );
    const { lines, out } = await logs([], terminal);
    expect(lines[0]).toBe('10:00:00.000 INFO  db-first-ingest    alert stored eventId=e-1 traceId=0af76519');
    expect(Math.max(...lines.map((each) => each.length))).toBeLessThanOrEqual(80);
    expect(lines.filter((each) => !each.startsWith('    ')).map((each) => each.slice(13, 37))).toEqual([
      'INFO  db-first-ingest   ',
      'WARN  db-first-notify   ',
      'ERROR serverless-offlin…',
    ]);
    expect(out).toContain('count=3 topic="a b"');
    expect(out).toContain('db.away: cannot store <- Error: refused');
    expect(out.replaceAll(/\n */g, '')).toContain(`payload=${'x'.repeat(200)}`);
  });

  test('--json gives JSON lines there, too', async () => {
    await writeFile(logFile(dir), line({}));
    expect((await logs(['--json'], terminal)).out).toBe(line({}));
  });

  test('control characters that a device sent are shown, not obeyed', async () => {
    await writeFile(logFile(dir), line({ message: 'a\u001b[2Jb\u202e', bed: '\u0007', '\u001b]0;x': 1 }));
    const { out } = await logs([], terminal);
    expect(out).toContain('a\\u001b[2Jb\\u202e');
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });

  test('colours are there when asked for', async () => {
    await writeFile(logFile(dir), line({ level: 'ERROR' }));
    const out = collector(terminal);
    const stderr = collector().stream;
    await logsCommand(['--dir', dir], { stdout: out.stream, stderr, patientIdKey: KEY, color: true });
    expect(out.text()).toContain('\u001b[31mERROR\u001b[39m');
  });
});

describe('what goes wrong is said', () => {
  test('no logs yet', async () => {
    const { code, err, out } = await logs([]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(dir);
    expect(err).toContain('npm start');
  });

  test.each<[string[], string]>([
    [['--nonsense'], '--nonsense'],
    [['ingest'], 'ingest'],
    [['--level', 'loud'], 'trace, debug, info, warn, error'],
    [['--since', 'yesterday'], '10m'],
    [['--since', '10'], '10m'],
    [['-n', 'many'], 'whole number'],
    [['-n', '1.5'], 'whole number'],
    [['--function'], '--function'],
  ])('%j', async (argv, expected) => {
    const { code, err, out } = await logs(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(expected);
    expect(err).toContain('--help');
  });

  test('--help tells every option', async () => {
    const { code, out } = await logs(['--help']);
    expect(code).toBe(0);
    const options = ['function', 'event', 'patient', 'level', 'since', 'grep', 'lines', 'follow', 'json', 'dir'];
    for (const option of options) expect(out).toContain(`--${option}`);
    expect(Math.max(...out.split('\n').map((each) => each.length))).toBeLessThanOrEqual(80);
  });

  test('an empty log file is no error', async () => {
    await appendFile(logFile(dir), '');
    expect((await logs([])).code).toBe(0);
  });
});
