import { createServer } from 'node:net';
import { PermanentError } from '../../shared/errors.ts';

/** A port that was free a moment ago, from the system's ephemeral range. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Throws when something listens on the port, naming it and the setting that changes it. */
export async function requireFreePort(port: number, what: string, setting: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${error.code})`;
      const message = `Port ${port} for ${what} ${reason}.\n  Stop that program, or set ${setting} to another port.`;
      reject(new PermanentError('port_unavailable', message, { cause: error }));
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
}
