import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { BROKER_SCOPE_PREFIX } from '../../shared/access/broker-scopes.ts';
import { publicPemFile, readJwks, TOKEN_ALGORITHM } from '../../shared/access/token-keys.ts';

/** Who a broker lets in. Without it: guest, and whoever gives no name is guest, from loopback only. */
export interface BrokerAccess {
  /** Of the keys whose tokens it takes (shared/access/token-keys.ts). Read when it starts. */
  keys: string;
  /** Whom tokens must be for (claim `aud`). */
  audience: string;
  /** Functions, triggers and the topology are this one user, who may do all. */
  service: ServiceAccount;
}

export interface ServiceAccount {
  user: string;
  password: string;
}

/** The file of the users there are, in the broker's data folder. */
export const DEFINITIONS_FILE = 'definitions.json';
const EVERYTHING = { configure: '.*', write: '.*', read: '.*' };
/** Of RabbitMQ's own form of a password: a salt, and SHA-256 of salt and password. */
const SALT_BYTES = 4;

/**
 * Of rabbitmq.conf: tokens are taken beside the users of the definitions, nobody comes in without either.
 * @param data the broker's data folder, to which its keys are copied
 * @param seen the same folder as the broker sees it
 */
export function accessSettings({ keys, audience }: BrokerAccess, data: string, seen: string): Record<string, string> {
  const kids = readJwks(keys).keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid]));
  const [newest = ''] = kids;
  const files = kids.map((kid, index) => {
    const name = `token-key-${index + 1}.pem`;
    copyFileSync(publicPemFile(keys, kid), join(data, name));
    return [`auth_oauth2.signing_keys.${kid}`, join(seen, name)] as const;
  });
  return {
    'auth_backends.1': 'internal',
    'auth_backends.2': 'rabbit_auth_backend_oauth2',
    anonymous_login_user: 'none',
    'mqtt.allow_anonymous': 'false',
    load_definitions: join(seen, DEFINITIONS_FILE),
    'auth_oauth2.resource_server_id': audience,
    'auth_oauth2.scope_prefix': BROKER_SCOPE_PREFIX,
    'auth_oauth2.preferred_username_claims.1': 'sub',
    'auth_oauth2.algorithms.1': TOKEN_ALGORITHM,
    'auth_oauth2.default_key': newest,
    ...Object.fromEntries(files),
  };
}

/** The users, as RabbitMQ imports them at each start. */
export function definitions({ user, password }: ServiceAccount): string {
  const account = { name: user, password_hash: passwordHash(password), tags: ['administrator'], ...HASHED };
  // Data of a start before there were accounts have a guest, whose password everybody knows: without a hash there is no login.
  const guest = { name: 'guest', password_hash: '', tags: [], ...HASHED };
  return JSON.stringify({
    users: [account, guest],
    vhosts: [{ name: '/' }],
    permissions: [{ user, vhost: '/', ...EVERYTHING }],
  });
}

/** Of rabbitmq.conf. */
export function confText(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

const HASHED = { hashing_algorithm: 'rabbit_password_hashing_sha256' };

function passwordHash(password: string): string {
  const salt = randomBytes(SALT_BYTES);
  return Buffer.concat([salt, createHash('sha256').update(salt).update(password).digest()]).toString('base64');
}
