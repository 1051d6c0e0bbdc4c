import type { Config } from '../config.ts';
import { PermanentError } from '../errors.ts';
import { brokerScope } from './broker-scopes.ts';
import { mintToken } from './mint-token.ts';
import { readTokenKeys } from './token-keys.ts';

/** A name and a password for MQTT. */
export interface MqttCredentials {
  username: string;
  password: string;
}

/** Longer than any load runs; the broker ends a connection with its token. */
const LIFETIME_S = 24 * 60 * 60;

/**
 * How a simulated gateway, which speaks for all beds of its wards, logs in to the broker of this folder's stack: with a token
 * of its own. Undefined where there are no keys to sign one with: the broker is somebody else's, and open or named by its URL.
 * @param wards all, unless they are given
 */
export async function gatewayLogin(
  { keyFolder, issuer, audience }: Pick<Config['access'], 'keyFolder' | 'issuer' | 'audience'>,
  sub: string,
  wards?: readonly string[],
): Promise<MqttCredentials | undefined> {
  const keys = await readTokenKeys(keyFolder).catch((error: unknown) => {
    if (error instanceof PermanentError && error.code === 'token_keys_missing') return undefined;
    throw error;
  });
  if (keys === undefined) return undefined;
  const bearer = { sub, role: 'device', wards } as const;
  const token = { ...bearer, scope: brokerScope(bearer), expiresInS: LIFETIME_S };
  return { username: sub, password: await mintToken(keys, token, { issuer, audience }) };
}

/** As the load scripts read it: from the environment, since the arguments of a process are seen by everybody. */
export function mqttEnvironment(credentials: MqttCredentials | undefined): Record<string, string> {
  return credentials ? { MQTT_USERNAME: credentials.username, MQTT_PASSWORD: credentials.password } : {};
}
