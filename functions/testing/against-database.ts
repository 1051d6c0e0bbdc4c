import { vi } from 'vitest';
import { forgetConfig } from '../../shared/config.ts';
import { closeDatabase } from '../../shared/postgres/process-database.ts';

/** Points this process's handlers at a database, as its environment would. */
export async function useDatabase(url: string, settings: Record<string, string> = {}): Promise<void> {
  await closeDatabase();
  for (const [name, value] of Object.entries({ HEARTLINE_DATABASE_URL: url, ...settings })) vi.stubEnv(name, value);
  forgetConfig();
}

/** Closes the handlers' pool and takes the settings back. */
export async function releaseDatabase(): Promise<void> {
  await closeDatabase();
  vi.unstubAllEnvs();
  forgetConfig();
}
