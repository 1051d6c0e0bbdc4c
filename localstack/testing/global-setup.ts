import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ensureTokenKeys } from '../../shared/access/token-keys.ts';
import { freePort } from '../services/ports.ts';
import { postgresService } from '../services/postgres.ts';
import { obtainPostgres } from '../setup/obtain-postgres.ts';
import { terminalProgress } from '../setup/progress.ts';
import { startBrokerPool } from './broker-pool.ts';
import { createTemplates } from './templates.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the test server's maintenance database; ask for a database of your own with testDatabase(). */
    postgresUrl: string;
  }
}

/** One real Postgres for the whole run and as many brokers as are asked for at once, on free ports in temporary folders; gone afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'heartline-test-'));
  // One set of keys for all stacks of the run: whoever tests one needs no other's.
  process.env['HEARTLINE_KEYS'] = join(home, 'keys');
  await ensureTokenKeys(join(home, 'keys'));
  const programs = await obtainPostgres(terminalProgress);
  const postgres = await postgresService({ programs, home, port: await freePort() }).start();
  await createTemplates(postgres.endpoints.url);
  project.provide('postgresUrl', postgres.endpoints.url);
  const brokers = await startBrokerPool();
  process.env['TEST_BROKERS_URL'] = brokers.url;
  return async () => {
    await Promise.all([brokers.close(), postgres.stop()]);
    await rm(home, { recursive: true, force: true });
  };
}
