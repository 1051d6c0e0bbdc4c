import { chmodSync, chownSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificates } from '../setup/local-certificates.ts';

/** Postgres takes a key only of its own user, whom nobody else may read it from. */
const PRIVATE_MODE = 0o600;
/** Whoever is on this machine, as without TLS, but never in the clear. */
const HOST_RULES = 'hostssl all all 127.0.0.1/32 trust\n';

/** Settings by which Postgres talks TLS and nothing else. @param uid of its user, if it is not ours */
export function tlsSettings(
  { cert, key }: Certificates,
  data: string,
  uid: number | undefined,
): Record<string, string> {
  const own = { cert: join(data, 'tls-cert.pem'), key: join(data, 'tls-key.pem'), rules: join(data, 'tls-hba.conf') };
  copyFileSync(cert, own.cert);
  copyFileSync(key, own.key);
  writeFileSync(own.rules, HOST_RULES);
  for (const file of Object.values(own)) {
    chmodSync(file, PRIVATE_MODE);
    if (uid !== undefined) chownSync(file, uid, uid);
  }
  return { ssl: 'on', ssl_cert_file: own.cert, ssl_key_file: own.key, hba_file: own.rules };
}
