import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePort } from '../services/ports.ts';
import { postgresService } from '../services/postgres.ts';
import { obtainPostgres } from '../setup/obtain-postgres.ts';
import { terminalProgress } from '../setup/progress.ts';
import { createTemplates } from './templates.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the test server's maintenance database; ask for a database of your own with testDatabase(). */
    postgresUrl: string;
  }
}

/** One real Postgres on a free port for the whole run, in a temporary folder; gone afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'heartline-test-'));
  const programs = await obtainPostgres(terminalProgress);
  const postgres = await postgresService({ programs, home, port: await freePort() }).start();
  await createTemplates(postgres.endpoints.url);
  project.provide('postgresUrl', postgres.endpoints.url);
  return async () => {
    await postgres.stop();
    await rm(home, { recursive: true, force: true });
  };
}
