import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { PermanentError, TransientError } from '../../shared/errors.ts';

/**
 * Below the range that systems take outgoing connections' ports from (Linux from 32768, macOS from 49152): nobody's connection is
 * given one of these between now and the moment, seconds later, that somebody listens on it.
 */
const RANGE = { from: 20_000, to: 32_000 };
/** More than anybody finds taken. */
const TRIES = 100;
/** Handed out by this process, and perhaps not listened on yet. */
const handedOut = new Set<number>();

/** A port that nobody listens on, on loopback; another one each time. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(RANGE.from, RANGE.to);
    if (handedOut.has(port) || (await refusal(port)) !== undefined) continue;
    handedOut.add(port);
    return port;
  }
  throw new TransientError('no_free_port', `No free port was found between ${RANGE.from} and ${RANGE.to}.`);
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
