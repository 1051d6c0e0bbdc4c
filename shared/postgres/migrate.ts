import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { PermanentError } from '../errors.ts';
import { asDatabaseError } from './postgres-error.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../migrations', import.meta.url));
/** Where node-pg-migrate notes what it has run. */
const MIGRATIONS_TABLE = 'migrations';
const MIGRATIONS_SCHEMA = 'ops';
const CONNECT_LIMIT_MS = 10_000;
/** How long a starter waits for another that migrates, and a migration for a table in use. */
const LOCK_LIMIT_MS = 60_000;

export interface MigrateOptions {
  /** Receives one line a step. */
  log: (line: string) => void;
}

/**
 * Brings the database up to date: all missing migrations in one transaction, or none. Concurrent starters take turns
 * (advisory lock), so each migration runs once.
 * @returns the names of the migrations that this call ran.
 * @throws TransientError when the database is away or busy, PermanentError `migration_failed` with Postgres' message.
 */
export async function migrate(databaseUrl: string, options: MigrateOptions): Promise<string[]> {
  try {
    const ran = await runner({
      databaseUrl: {
        connectionString: databaseUrl,
        application_name: 'heartline-migrate',
        connectionTimeoutMillis: CONNECT_LIMIT_MS,
        lock_timeout: LOCK_LIMIT_MS,
      },
      dir: MIGRATIONS_FOLDER,
      direction: 'up',
      migrationsTable: MIGRATIONS_TABLE,
      migrationsSchema: MIGRATIONS_SCHEMA,
      createMigrationsSchema: true,
      advisoryLockMode: 'wait',
      singleTransaction: true,
      log: options.log,
    });
    return ran.map(({ name }) => name);
  } catch (error) {
    const known = asDatabaseError(error);
    if (known !== error) throw known;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PermanentError('migration_failed', `The database could not be migrated: ${reason}`, { cause: error });
  }
}
