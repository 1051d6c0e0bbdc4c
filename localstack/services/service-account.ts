import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceAccount } from './rabbitmq-access.ts';

export const SERVICE_USER = 'heartline';
const FILE = 'broker-password';
/** As a key of 256 bits; base64url needs no encoding in a URL. */
const PASSWORD_BYTES = 32;
const PRIVATE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The account that the functions, triggers and the topology share on the broker of this folder; its password is made once. */
export function serviceAccount(folder: string): ServiceAccount {
  const file = join(folder, FILE);
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  try {
    // Only where there is none: of two that start at once, one makes it.
    writeFileSync(file, randomBytes(PASSWORD_BYTES).toString('base64url'), { mode: PRIVATE_MODE, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return { user: SERVICE_USER, password: readFileSync(file, 'utf8') };
}
