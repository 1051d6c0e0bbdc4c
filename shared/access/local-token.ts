import { config } from '../config.ts';
import { brokerScope } from './broker-scopes.ts';
import { mintToken } from './mint-token.ts';
import type { AccessRole } from './principal.ts';
import { ensureTokenKeys } from './token-keys.ts';
import { authorityFile } from './trust.ts';

/** As long as a shift and its hand-over. */
const SHIFT_S = 12 * 60 * 60;
const MS_A_SECOND = 1_000;

const minted = new Map<string, { token: Promise<string>; untilMs: number }>();

/**
 * The token that this project's own clients send: the one in HEARTLINE_TOKEN, else one signed with this machine's keys, which are
 * made if there are none. Kept for half of its life.
 */
export function localToken(role: AccessRole): Promise<string> {
  const { token: given, keyFolder } = config().access;
  if (given !== undefined) return Promise.resolve(given);
  const key = `${role} ${keyFolder}`;
  const known = minted.get(key);
  if (known !== undefined && Date.now() < known.untilMs) return known.token;
  const bearer = { sub: `local-${role}`, role };
  const token = ensureTokenKeys(keyFolder).then((keys) =>
    mintToken(keys, { ...bearer, scope: brokerScope(bearer), expiresInS: SHIFT_S }),
  );
  minted.set(key, { token, untilMs: Date.now() + (SHIFT_S / 2) * MS_A_SECOND });
  token.catch(() => minted.delete(key));
  return token;
}

/** For a request's headers. */
export const asRole = async (role: AccessRole): Promise<{ authorization: string }> => ({
  authorization: `Bearer ${await localToken(role)}`,
});

/** The environment of k6, which is another process: tokens of what sends the load and of who looks after it, and whom it trusts. */
export async function loadTokens(): Promise<Record<string, string>> {
  const authority = authorityFile();
  return {
    HEARTLINE_TOKEN: await localToken('device'),
    HEARTLINE_STAFF_TOKEN: await localToken('admin'),
    ...(authority === undefined ? {} : { SSL_CERT_FILE: authority }),
  };
}
