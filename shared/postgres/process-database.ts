import { config } from '../config.ts';
import { telemetry } from '../telemetry.ts';
import { createDatabase, type Database } from './database.ts';

let current: Database | undefined;

/** This process's database, connected on first use: one pool, shared by every handler in the process. */
export function database(): Database {
  current ??= createDatabase({
    url: config().endpoints.postgres,
    poolSize: config().database.poolSize,
    timeoutMs: config().database.timeoutMs,
    applicationName: 'heartline',
    onIdleError: (error) => telemetry().log.warn('an idle database connection was lost', { error }),
  });
  return current;
}

/** Closes the pool; the next call of `database()` opens a new one. */
export async function closeDatabase(): Promise<void> {
  const closing = current;
  current = undefined;
  await closing?.close();
}
