import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { config } from '../config.ts';

let trusted: string | undefined;

/** Where the authority's certificate is that this machine's listeners show, if they have TLS. */
export function authorityFile(): string | undefined {
  const { tlsFolder } = config();
  return tlsFolder === undefined ? undefined : join(tlsFolder, 'ca.pem');
}

/**
 * From now on this process's connections trust that authority beside the public ones; of somebody's own certificates without one,
 * the public ones alone.
 */
export function trustAuthority(): void {
  const file = authorityFile();
  const authority = file && readIfThere(file);
  if (authority === undefined || authority === trusted) return;
  setDefaultCACertificates([...getCACertificates('default'), authority]);
  trusted = authority;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
