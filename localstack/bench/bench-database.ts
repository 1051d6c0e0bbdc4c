import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../shared/postgres/migrate.ts';

/** Databases on one server, each migrated and used by one benchmark. */
export function createBenchDatabases(serverUrl: string): { create(): Promise<string> } {
  return {
    async create() {
      const name = `bench_${randomBytes(6).toString('hex')}`;
      const client = new pg.Client({ connectionString: serverUrl });
      await client.connect();
      try {
        await client.query(`CREATE DATABASE ${name}`);
      } finally {
        await client.end();
      }
      const url = new URL(serverUrl);
      url.pathname = `/${name}`;
      await migrate(url.href, { log: () => undefined });
      return url.href;
    },
  };
}
