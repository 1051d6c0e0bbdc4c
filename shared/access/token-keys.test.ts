import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mintToken } from './mint-token.ts';
import { ensureTokenKeys, JWKS_FILE, publicPemFile, readJwks, readTokenKeys, rotateTokenKeys } from './token-keys.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'heartline-keys-')), 'keys');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const parties = { issuer: 'urn:test', audience: 'heartline' };
const aNurse = { sub: 'nurse-1', role: 'nurse', expiresInS: 60 } as const;
const verify = (token: string) => jwtVerify(token, createLocalJWKSet(readJwks(folder)), parties);

const modeOf = (file: string) => statSync(file).mode & 0o777;

test('keys are made once, their private part for the owner alone', async () => {
  const made = await ensureTokenKeys(folder);
  expect((await ensureTokenKeys(folder)).kid).toBe(made.kid);
  expect(modeOf(join(folder, `${made.kid}.private.json`))).toBe(0o600);
  expect(modeOf(folder)).toBe(0o700);
  expect(statSync(publicPemFile(folder, made.kid)).size).toBeGreaterThan(0);
  expect(JSON.stringify(readJwks(folder))).not.toContain('"d"');
});

test('several processes that make them at once all have the same, and nothing is left over', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => ensureTokenKeys(folder)));
  expect(new Set(all.map(({ kid }) => kid)).size).toBe(1);
  expect(readdirSync(folder)).toHaveLength(3);
});

test('a token says who, as what, for whom and until when', async () => {
  const keys = await ensureTokenKeys(folder);
  const token = await mintToken(keys, { ...aNurse, scope: 'heartline.read:*/*/*' }, parties);
  const { payload } = await verify(token);
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', kid: keys.kid });
  expect(payload).toMatchObject({ iss: 'urn:test', aud: ['heartline'], sub: 'nurse-1', role: 'nurse' });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
});

test('after a rotation the newest signs; tokens of the one before are valid, of the one before that not', async () => {
  const oldest = await mintToken(await ensureTokenKeys(folder), aNurse, parties);
  const before = await mintToken(await rotateTokenKeys(folder), aNurse, parties);
  const newest = await rotateTokenKeys(folder);
  await verify(await mintToken(newest, aNurse, parties));
  await verify(before);
  await expect(verify(oldest)).rejects.toThrow();
  expect(readdirSync(folder).filter((name) => name.includes('private'))).toEqual([`${newest.kid}.private.json`]);
});

test('no keys, and what are none, are errors that say so', async () => {
  await expect(readTokenKeys(folder)).rejects.toMatchObject({ code: 'token_keys_missing' });
  await ensureTokenKeys(folder);
  writeFileSync(join(folder, JWKS_FILE), '{"keys": []}');
  await expect(readTokenKeys(folder)).rejects.toMatchObject({ code: 'token_keys_invalid' });
});
