import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJwks } from '../../shared/access/token-keys.ts';

let keys: string;
beforeAll(() => {
  keys = mkdtempSync(join(tmpdir(), 'heartline-token-'));
});
afterAll(() => rmSync(keys, { recursive: true, force: true }));

const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, 'token.ts'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, HEARTLINE_KEYS: keys },
  });
const claims = async (text: string) => (await jwtVerify(text.trim(), createLocalJWKSet(readJwks(keys)))).payload;

test('a token is all that is printed, and it says what was asked for', async () => {
  const { stdout, stderr, status } = run('nurse');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const { sub, role, aud, exp = 0, iat = 0 } = await claims(stdout);
  expect({ sub, role, aud, lives: exp - iat }).toEqual({
    sub: 'local-nurse',
    role: 'nurse',
    aud: ['heartline'],
    lives: 12 * 3_600,
  });
  const ofBed = await claims(run('device', '--sub', 'm-4', '--hours', '0.5', '--ward', 'icu-1', '--bed', 'b-2').stdout);
  expect(ofBed).toMatchObject({ sub: 'm-4', scope: expect.stringMatching(/hl\.icu-1\.b-2\.\*\.alert/) });
  expect((ofBed.exp ?? 0) - (ofBed.iat ?? 0)).toBe(1_800);
});

test.each([
  [[], 'Give one role.'],
  [['nurse', 'doctor'], 'Give one role.'],
  [['root'], 'root: one of device, nurse'],
  [['nurse', '--hours', '0'], '--hours 0'],
  [['nurse', '--hours', 'x'], '--hours x'],
  [['nurse', '--sub', 'a b'], '--sub a b'],
  [['nurse', '--ward', '#'], '--ward #'],
  [['nurse', '--bed', 'b'], '--bed is of a device'],
  [['nurse', '--nonsense'], "Unknown option '--nonsense'"],
])('what is wrong with %j is said, and how it is right', (args, said) => {
  const { stdout, stderr, status } = run(...args);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(said);
  expect(stderr).toContain('npm run token <role>');
});

test('--help', () => {
  const { stdout, status } = run('--help');
  expect({ status, lines: stdout.split('\n').every((line) => line.length <= 100) }).toEqual({ status: 0, lines: true });
});
