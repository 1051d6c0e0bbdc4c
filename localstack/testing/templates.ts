import pg from 'pg';
import { migrate } from '../../shared/postgres/migrate.ts';

export const EMPTY_TEMPLATE = 'template_pgmq';
export const MIGRATED_TEMPLATE = 'template_migrated';

/** Cloning a template takes a fraction of running the migrations once for each test file. */
export async function createTemplates(serverUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${EMPTY_TEMPLATE}`);
    await onDatabase(serverUrl, EMPTY_TEMPLATE, (database) => database.query('CREATE EXTENSION pgmq'));
    await client.query(`CREATE DATABASE ${MIGRATED_TEMPLATE}`);
    await migrate(databaseUrl(serverUrl, MIGRATED_TEMPLATE), { log: () => undefined });
  } finally {
    await client.end();
  }
}

/** The same server, another database. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function onDatabase(
  serverUrl: string,
  database: string,
  work: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl(serverUrl, database) });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
