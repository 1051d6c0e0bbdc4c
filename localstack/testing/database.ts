import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { databaseUrl, EMPTY_TEMPLATE, MIGRATED_TEMPLATE } from './templates.ts';

export interface TestDatabase {
  url: string;
  /** For the test's own questions; the code under test makes its own pool from `url`. */
  pool: pg.Pool;
  /** Ends the pool and removes the database, whoever is still connected. */
  drop(): Promise<void>;
}

const NAME_RANDOM_BYTES = 6;

/** A database of the caller's own on the run's Postgres: with all migrations, or (`migrated: false`) with nothing but pgmq. */
export async function testDatabase({ migrated = true }: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl');
  const name = `test_${randomBytes(NAME_RANDOM_BYTES).toString('hex')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${migrated ? MIGRATED_TEMPLATE : EMPTY_TEMPLATE}`);
  const url = databaseUrl(serverUrl, name);
  const pool = new pg.Pool({ connectionString: url });
  pool.on('error', () => undefined); // a test that cuts every backend cuts this pool's, too
  return {
    url,
    pool,
    async drop() {
      await pool.end();
      await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
