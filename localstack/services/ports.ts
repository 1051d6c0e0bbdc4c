import { randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PermanentError, TransientError } from '../../shared/errors.ts';
import { cacheFolder } from '../setup/cache.ts';

/**
 * Below the range that systems take outgoing connections' ports from (Linux from 32768, macOS from 49152): nobody's connection is
 * given one of these between now and the moment, seconds later, that somebody listens on it.
 */
const RANGE = { from: 20_000, to: 32_000 };
/** More than anybody finds taken. */
const TRIES = 100;
/** Handed out, and perhaps not listened on yet: an empty file each, for the other processes of this machine that look for ports. */
const RESERVATIONS = join(cacheFolder(), 'ports');
/** Longer than a service takes from getting its port to listening on it; what a process that was killed has left ends so, too. */
const RESERVED_MS = 180_000;
const own = new Set<string>();
process.on('exit', () => {
  for (const file of own) rmSync(file, { force: true });
});

/** A port that nobody listens on, on loopback; another one each time. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(RANGE.from, RANGE.to);
    // Whoever tries a port listens on it for a moment: nobody else's is tried.
    if (reserve(port) && (await refusal(port)) === undefined) return port;
  }
  throw new TransientError('no_free_port', `No free port was found between ${RANGE.from} and ${RANGE.to}.`);
}

/** Removes what has ended. */
function sweepReservations(): void {
  mkdirSync(RESERVATIONS, { recursive: true });
  for (const name of readdirSync(RESERVATIONS)) {
    const file = join(RESERVATIONS, name);
    const madeAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - madeAt > RESERVED_MS) rmSync(file, { force: true });
  }
}

/** False of a port that was handed out lately. */
function reserve(port: number): boolean {
  const file = join(RESERVATIONS, String(port));
  if (own.size === 0) sweepReservations();
  try {
    closeSync(openSync(file, 'wx'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  own.add(file);
  return true;
}

/** Why one cannot listen on the port; undefined when one can. */
function refusal(port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', resolve);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}

/** Throws when something listens on the port, naming it and the setting that changes it. */
export async function requireFreePort(port: number, what: string, setting: string): Promise<void> {
  const cause = await refusal(port);
  if (cause === undefined) return;
  const reason = cause.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${cause.code})`;
  const message = `Port ${port} for ${what} ${reason}.\n  Stop that program, or set ${setting} to another port.`;
  throw new PermanentError('port_unavailable', message, { cause });
}
