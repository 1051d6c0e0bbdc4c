import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';

const AUTHORITY = 'Heartline on this machine';
/** What each server here is reached by. */
const NAMES = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1';
/** What browsers take at most (CA/Browser Forum, Baseline Requirements, 6.3.2: 398 days). */
const VALID_DAYS = 397;
/** So long before its end a certificate is made anew. */
const RENEW_BEFORE_MS = 7 * 86_400_000;

/** A folder of certificates, as every server here reads it. */
export interface Certificates {
  /** The authority's, for whoever connects. */
  ca: string;
  cert: string;
  key: string;
}

export const certificatesIn = (folder: string): Certificates => ({
  ca: join(folder, 'ca.pem'),
  cert: join(folder, 'cert.pem'),
  key: join(folder, 'key.pem'),
});

function openssl(cwd: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync('openssl', args, { cwd, encoding: 'utf8' });
  if (error) {
    const how = 'Debian/Ubuntu: apt-get install openssl; macOS: brew install openssl';
    throw new PermanentError('openssl_missing', `openssl, which makes certificates, cannot be run. ${how}`, {
      cause: error,
    });
  }
  if (status !== 0) throw new PermanentError('openssl_failed', `openssl ${args[0]} failed:\n${stderr}`);
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];

/** An authority that nobody else has the key of, since it is removed; and what it has signed. */
function make(folder: string): void {
  const days = ['-days', String(VALID_DAYS)];
  openssl(
    folder,
    ...['req', '-x509', ...newKey, '-keyout', 'ca-key.pem', '-out', 'ca.pem', ...days],
    ...['-subj', `/CN=${AUTHORITY}`, '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  );
  openssl(
    folder,
    ...['req', '-x509', ...newKey, '-keyout', 'key.pem', '-out', 'cert.pem', ...days, '-CA', 'ca.pem'],
    ...['-CAkey', 'ca-key.pem', '-subj', '/CN=localhost', '-addext', NAMES],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
  );
  rmSync(join(folder, 'ca-key.pem'));
}

/** Somebody's own certificates are for them to renew. */
function isToBeRenewed({ ca, cert }: Certificates): boolean {
  if (!existsSync(ca) || new X509Certificate(readFileSync(ca)).subject !== `CN=${AUTHORITY}`) return false;
  return Date.parse(new X509Certificate(readFileSync(cert)).validTo) - Date.now() < RENEW_BEFORE_MS;
}

/**
 * The certificates of a folder; without any, or when those made here are about to expire, new ones for this machine alone.
 * Whatever else is in the folder stays.
 * @throws PermanentError `openssl_missing`, `openssl_failed`
 */
export function ensureCertificates(folder: string): Certificates {
  const files = certificatesIn(folder);
  if (existsSync(files.cert) && !isToBeRenewed(files)) return files;
  mkdirSync(folder, { recursive: true });
  const staging = mkdtempSync(join(folder, 'new-'));
  try {
    make(staging);
    const made = certificatesIn(staging);
    // The certificate last: with it they are there.
    for (const name of ['ca', 'key', 'cert'] as const) renameSync(made[name], files[name]);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return files;
}
