import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { z } from 'zod';
import { PermanentError } from '../errors.ts';

/** Signs tokens, and the only algorithm that a token may name: P-256 is short, quick, and known to every JWT library. */
export const TOKEN_ALGORITHM = 'ES256';
/** Public keys that a folder keeps: the one that signs, and the one before, whose tokens still live. */
const KEYS_KEPT = 2;
/** What the owner alone may read. */
const PRIVATE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export const JWKS_FILE = 'jwks.json';
const privateFile = (folder: string, kid: string) => join(folder, `${kid}.private.json`);
/** The public key for what takes no JWKS, as a broker's file of one key. */
export const publicPemFile = (folder: string, kid: string): string => join(folder, `${kid}.public.pem`);

export interface TokenKeys {
  /** Of the key that signs: its thumbprint (RFC 7638). */
  kid: string;
  signing: CryptoKey;
  /** Newest first, as a JWKS has them: whoever verifies takes any. */
  publicKeys: readonly JWK[];
}

const publicKey = z.looseObject({ kty: z.string(), kid: z.string().regex(/^[\w-]{1,128}$/) });
const keySet = z.object({ keys: z.array(publicKey).min(1) });

const isCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code;

/**
 * The public keys of a folder, newest first.
 * @throws PermanentError `token_keys_missing`, `token_keys_invalid`
 */
export function readJwks(folder: string): JSONWebKeySet & { keys: [JWK & { kid: string }, ...JWK[]] } {
  const file = join(folder, JWKS_FILE);
  try {
    return keySet.parse(JSON.parse(readFileSync(file, 'utf8'))) as ReturnType<typeof readJwks>;
  } catch (error) {
    if (isCode(error, 'ENOENT')) {
      throw new PermanentError('token_keys_missing', `${file} is not there: npm start makes it, and npm run token.`);
    }
    throw new PermanentError('token_keys_invalid', `${file} is not a set of keys: delete its folder.`, {
      cause: error,
    });
  }
}

/**
 * The keys of a folder; the newest signs.
 * @throws PermanentError `token_keys_missing`, `token_keys_invalid`
 */
export async function readTokenKeys(folder: string): Promise<TokenKeys> {
  const { keys } = readJwks(folder);
  const { kid } = keys[0];
  try {
    const own = z.looseObject({}).parse(JSON.parse(readFileSync(privateFile(folder, kid), 'utf8'))) as JWK;
    return { kid, signing: (await importJWK(own, TOKEN_ALGORITHM)) as CryptoKey, publicKeys: keys };
  } catch (error) {
    throw new PermanentError('token_keys_invalid', `${privateFile(folder, kid)} cannot be read: delete its folder.`, {
      cause: error,
    });
  }
}

/** A new pair beside what is there, not yet in the set. */
async function addPair(folder: string): Promise<JWK & { kid: string }> {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  const pair = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true });
  const open = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(open);
  writeFileSync(privateFile(folder, kid), JSON.stringify(await exportJWK(pair.privateKey)), { mode: PRIVATE_MODE });
  writeFileSync(publicPemFile(folder, kid), await exportSPKI(pair.publicKey));
  return { ...open, kid, alg: TOKEN_ALGORITHM, use: 'sig' };
}

const removePair = (folder: string, kid: string) => {
  rmSync(privateFile(folder, kid), { force: true });
  rmSync(publicPemFile(folder, kid), { force: true });
};

const writeSet = (folder: string, keys: readonly JWK[], kid: string) => {
  const file = join(folder, `${JWKS_FILE}.${kid}`);
  writeFileSync(file, `${JSON.stringify({ keys }, null, 2)}\n`);
  return file;
};

/** The keys of a folder, made on first use. Of several processes that make them at once, all get the same. */
export async function ensureTokenKeys(folder: string): Promise<TokenKeys> {
  try {
    return await readTokenKeys(folder);
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== 'token_keys_missing') throw error;
  }
  const added = await addPair(folder);
  const written = writeSet(folder, [added], added.kid);
  try {
    // A link is made whole, and only where there is none.
    linkSync(written, join(folder, JWKS_FILE));
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    removePair(folder, added.kid);
  } finally {
    rmSync(written, { force: true });
  }
  return readTokenKeys(folder);
}

/** A new key signs from now on; tokens of the one before stay valid, those of earlier ones do not. */
export async function rotateTokenKeys(folder: string): Promise<TokenKeys> {
  const before = readJwks(folder).keys;
  const added = await addPair(folder);
  const kept = [added, ...before].slice(0, KEYS_KEPT);
  renameSync(writeSet(folder, kept, added.kid), join(folder, JWKS_FILE));
  for (const [index, { kid }] of before.entries()) {
    if (kid === undefined) continue;
    // What signs no more needs no private part.
    rmSync(privateFile(folder, kid), { force: true });
    if (index >= KEYS_KEPT - 1) removePair(folder, kid);
  }
  return readTokenKeys(folder);
}
