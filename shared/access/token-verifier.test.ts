import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { badTokens } from '../testing/bad-tokens.ts';
import { keySource } from './key-source.ts';
import { type Bearer, mintToken } from './mint-token.ts';
import { ensureTokenKeys, JWKS_FILE, readJwks, rotateTokenKeys, type TokenKeys } from './token-keys.ts';
import { tokenVerifier } from './token-verifier.ts';

const PARTIES = { issuer: 'urn:test', audience: 'heartline' };
const HOUR_S = 3_600;

let folder: string;
let keys: TokenKeys;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heartline-verifier-'));
  keys = await ensureTokenKeys(folder);
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const ofFolder = () => keySource({ file: join(folder, JWKS_FILE) });
const mint = (bearer: Partial<Bearer> = {}, by = keys) =>
  mintToken(by, { sub: 'nurse-1', role: 'nurse', expiresInS: HOUR_S, ...bearer }, PARTIES);
const NURSE = { principal: { id: 'nurse-1', role: 'nurse' } };

test('a good token says who it is', async () => {
  expect(await tokenVerifier({ keys: ofFolder(), ...PARTIES })(await mint())).toEqual(NURSE);
});

test('every token that is wrong in one way is refused, for that reason', async () => {
  const verify = tokenVerifier({ keys: ofFolder(), ...PARTIES });
  const all = await badTokens(keys, folder, PARTIES);
  const found = await Promise.all(all.map(async ({ name, token }) => ({ name, verdict: await verify(token) })));
  expect(found).toEqual(all.map(({ name, refusal }) => ({ name, verdict: { refusal } })));
});

describe('what is remembered', () => {
  test('a token is verified once, until it expires', async () => {
    let nowMs = Date.now();
    const look = vi.fn(ofFolder());
    const verify = tokenVerifier({ keys: look, ...PARTIES, now: () => nowMs });
    const token = await mint({ expiresInS: 60 });
    for (let times = 0; times < 3; times++) expect(await verify(token)).toEqual(NURSE);
    expect(look).toHaveBeenCalledTimes(1);
    // Past its end and the tolerance for clocks that differ.
    nowMs += 66_000;
    expect(await verify(token)).toEqual({ refusal: 'expired' });
  });

  test('a token whose key was taken away is refused after five minutes', async () => {
    let nowMs = Date.now();
    const token = await mint();
    const verify = tokenVerifier({ keys: (header, jws) => ofFolder()(header, jws), ...PARTIES, now: () => nowMs });
    expect(await verify(token)).toEqual(NURSE);
    await rotateTokenKeys(folder);
    await rotateTokenKeys(folder);
    expect(await verify(token)).toEqual(NURSE);
    nowMs += 301_000;
    expect(await verify(token)).toEqual({ refusal: 'signature' });
  });

  test('what was refused is not', async () => {
    const look = vi.fn(ofFolder());
    const verify = tokenVerifier({ keys: look, ...PARTIES });
    const [, , , wrong] = await badTokens(keys, folder, PARTIES);
    await verify(wrong?.token ?? '');
    await verify(wrong?.token ?? '');
    expect(look).toHaveBeenCalledTimes(2);
  });
});

describe('keys', () => {
  test('a rotation is seen without a restart', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const verify = tokenVerifier({ keys: ofFolder(), ...PARTIES });
    await verify(await mint());
    const newer = await rotateTokenKeys(folder);
    vi.advanceTimersByTime(1_001);
    expect(await verify(await mint({}, newer))).toEqual(NURSE);
    expect(await verify(await mint({ sub: 'another' }))).toMatchObject({ principal: { id: 'another' } });
  });

  test('of an identity provider are fetched; while it is away nobody knows, and nobody is let in', async () => {
    const server = createServer((_, response) => response.end(JSON.stringify(readJwks(folder))));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address?.port}/jwks.json`;
    expect(await tokenVerifier({ keys: keySource({ url }), ...PARTIES })(await mint())).toEqual(NURSE);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const away = tokenVerifier({ keys: keySource({ url }), ...PARTIES })(await mint());
    await expect(away).rejects.toMatchObject({ code: 'keys_unavailable' });
  });

  test('a file that is away or is none is no verdict, either', async () => {
    const verify = tokenVerifier({ keys: keySource({ file: join(folder, 'none.json') }), ...PARTIES });
    await expect(verify(await mint())).rejects.toMatchObject({ code: 'keys_unavailable' });
  });
});
