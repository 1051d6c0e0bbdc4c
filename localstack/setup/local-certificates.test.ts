import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { certificatesIn, ensureCertificates } from './local-certificates.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'heartline-certificates-')), 'tls');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

test('certificates are made once, for this machine, and the authority can sign no more', () => {
  const { ca, cert, key } = ensureCertificates(folder);
  const [authority, server] = [ca, cert].map((file) => new X509Certificate(readFileSync(file)));
  expect(server?.checkIssued(authority as X509Certificate)).toBe(true);
  expect(server?.verify((authority as X509Certificate).publicKey)).toBe(true);
  for (const ip of ['127.0.0.1', '::1']) expect(server?.checkIP(ip), ip).toBe(ip);
  expect(server?.checkHost('localhost')).toBe('localhost');
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).sort()).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
  createSecureContext({ cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) });
  const made = readFileSync(cert, 'utf8');
  ensureCertificates(folder);
  expect(readFileSync(cert, 'utf8')).toBe(made);
});

test("somebody's own are left as they are", () => {
  const other = ensureCertificates(`${folder}-other`);
  mkdirSync(folder);
  writeFileSync(certificatesIn(folder).cert, 'theirs');
  ensureCertificates(folder);
  expect(readFileSync(certificatesIn(folder).cert, 'utf8')).toBe('theirs');
  // Not even with an authority of their own, whose certificate this is not.
  writeFileSync(certificatesIn(folder).ca, readFileSync(other.cert));
  ensureCertificates(folder);
  expect(readFileSync(certificatesIn(folder).cert, 'utf8')).toBe('theirs');
});
