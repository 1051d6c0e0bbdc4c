import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configFrom } from './config.ts';
import { processIdentity } from './process-identity.ts';
import { isStackAlive, type NewStack, readStack, removeStack, writeStack } from './stack-file.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'heartline-config-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** No process has this id: Linux and macOS count to 4194304 at most. */
const NOBODY = 99_999_999;

const aStack = (pid = process.pid): NewStack => ({
  services: { postgres: '18.4' },
  startedAt: '2026-01-31T12:00:00.000Z',
  pid,
  endpoints: {
    postgres: 'postgres://postgres@127.0.0.1:7001/heartline',
    http: 'http://127.0.0.1:7002',
    lambda: 'http://127.0.0.1:7003',
    websocket: 'ws://127.0.0.1:7005',
    metrics: 'http://127.0.0.1:7004/metrics',
  },
  logs: '/var/log/heartline',
});
const from = (variables: NodeJS.ProcessEnv = {}) => configFrom({ HEARTLINE_HOME: home, ...variables });

describe('an endpoint', () => {
  test('is the preset when nothing is said', () => {
    const { endpoints, ports, database } = from();
    expect(endpoints).toMatchObject({ http: 'http://127.0.0.1:3000', lambda: 'http://127.0.0.1:3002' });
    expect(endpoints.postgres).toContain('127.0.0.1:55432');
    expect(ports).toMatchObject({ mqtt: 1883, stream: 5552, metrics: 9464, nurseStation: 3030 });
    expect(database).toEqual({ poolSize: 10, timeoutMs: 2_000 });
  });

  test('is what a running stack says; what a dead one says does not count', () => {
    writeStack(home, aStack());
    expect(from().endpoints).toMatchObject(aStack().endpoints);
    writeFileSync(
      join(home, 'stack.json'),
      JSON.stringify({ ...readStack(home), processIdentity: 'an earlier process' }),
    );
    expect(from().endpoints.http).toBe('http://127.0.0.1:3000');
  });

  test('is what the environment says, before anything else', () => {
    writeStack(home, aStack());
    const url = 'postgresql://u:p@db.example:5432/x';
    expect(from({ HEARTLINE_DATABASE_URL: url }).endpoints.postgres).toBe(url);
    // Half of all developers' shells have this one set, to a database of something else.
    expect(from({ DATABASE_URL: url }).endpoints.postgres).not.toBe(url);
    expect(from({ HEARTLINE_HTTP_PORT: '4000' }).endpoints.http).toBe('http://127.0.0.1:4000');
    expect(from({ HEARTLINE_HTTP_PORT: '' }).endpoints.http).toBe('http://127.0.0.1:7002');
  });
});

describe('a wrong setting', () => {
  test.each([
    ['HEARTLINE_HTTP_PORT', '65536', 'from 1 to 65535'],
    ['HEARTLINE_METRICS_PORT', 'x', 'from 1 to 65535'],
    ['HEARTLINE_DATABASE_URL', 'mysql://x/y', 'postgres://'],
    ['HEARTLINE_MQTT_URL', 'not a url', 'mqtt://'],
    ['HEARTLINE_LOG_LEVEL', 'loud', 'debug, info, warn, error'],
    ['HEARTLINE_DB_POOL_SIZE', '0', 'from 1 to'],
    ['HEARTLINE_DB_TIMEOUT_MS', '1.5', 'from 50 to'],
  ])('%s: the error names it, the value %s and what is allowed', (name, value, allowed) => {
    const error = expect.objectContaining({
      code: 'config_invalid',
      message: expect.stringMatching(new RegExp(`^${name} is "${value}"; allowed: .*${allowed}`)),
    });
    expect(() => from({ [name]: value })).toThrow(error);
  });

  test('all wrong ones are named at once, and no secret is shown', () => {
    const wrong = {
      HEARTLINE_PATIENT_HASH_KEY: 'short-key',
      HEARTLINE_DATABASE_URL: 'http://u:secret@h/d',
      HEARTLINE_IOT_PORT: '-1',
    };
    try {
      from(wrong);
      expect.unreachable();
    } catch (error) {
      for (const name of Object.keys(wrong)) expect(String(error)).toContain(name);
      expect(String(error)).not.toMatch(/secret|short-key/);
    }
  });
});

test('recordings are one or more folders', () => {
  expect(from({ HEARTLINE_RECORDINGS: '/a, /b' }).recordings).toEqual(['/a', '/b']);
});

describe('the stack file', () => {
  test('comes back as it was written, and is removed by its own process only', () => {
    expect(readStack(home)).toBeUndefined();
    writeStack(home, aStack());
    const written = { version: 3, processIdentity: processIdentity(process.pid), ...aStack() };
    expect(readStack(home)).toEqual(written);
    removeStack(home, NOBODY);
    expect(readStack(home)).toEqual(written);
    removeStack(home);
    expect(readStack(home)).toBeUndefined();
    removeStack(home);
  });

  test('of another version or broken is an error that names the file', () => {
    for (const text of ['', '{', '{"version":1}']) {
      writeFileSync(join(home, 'stack.json'), text);
      const error = { code: 'stack_file_invalid', message: expect.stringContaining(join(home, 'stack.json')) };
      expect(() => readStack(home)).toThrow(expect.objectContaining(error));
    }
  });

  test('tells a running stack from a dead one', () => {
    const stack = { version: 3 as const, processIdentity: processIdentity(process.pid) ?? '', ...aStack() };
    const laterWithItsPid = { ...stack, processIdentity: 'another start time' };
    expect([stack, { ...stack, pid: NOBODY }, laterWithItsPid].map(isStackAlive)).toEqual([true, false, false]);
  });
});
