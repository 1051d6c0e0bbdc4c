import { readFileSync, statSync } from 'node:fs';
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** How long a key that is new in the file is not seen: a rotation's token is a second old before anybody uses it. */
const LOOK_EVERY_MS = 1_000;
/** What an identity provider is given to answer; a device sends again after five seconds. */
const FETCH_LIMIT_MS = 2_000;
/** A key that was taken away verifies no longer than this. */
const FETCHED_FOR_MS = 300_000;

/** Where the public keys are. */
export type KeyPlace = { url: string } | { file: string };

/** Keys of a file, read anew once it has changed. A file that is away or is none is an error each time it is asked for. */
function keysOfFile(file: string): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  let stamp = '';
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return (header, token) => {
    const nowMs = performance.now();
    if (keys === undefined || nowMs - lookedAtMs > LOOK_EVERY_MS) {
      const { mtimeMs, ino, size } = statSync(file);
      const found = `${mtimeMs} ${ino} ${size}`;
      if (found !== stamp) {
        keys = createLocalJWKSet(JSON.parse(readFileSync(file, 'utf8')) as JSONWebKeySet);
        stamp = found;
      }
      lookedAtMs = nowMs;
    }
    if (keys === undefined) throw new Error('no keys were read');
    return keys(header, token);
  };
}

/** The public keys that tokens are verified with, wherever they are. */
export function keySource(place: KeyPlace): JWTVerifyGetKey {
  if ('file' in place) return keysOfFile(place.file);
  return createRemoteJWKSet(new URL(place.url), { timeoutDuration: FETCH_LIMIT_MS, cacheMaxAge: FETCHED_FOR_MS });
}
