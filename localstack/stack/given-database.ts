import pg from 'pg';
import { PermanentError, TransientError } from '../../shared/errors.ts';

const OLDEST_MAJOR = 18;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Checks that a database given by URL is Postgres ≥ 18 with pgmq and returns its version.
 * Throws TransientError `database_unavailable` when it does not answer, PermanentError `database_unfit` when it cannot be used.
 */
export async function requirePgmq(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  const { host } = new URL(url);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; major: number; pgmq: boolean }>(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major,
              EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pgmq') AS pgmq`,
    );
    const found = rows[0];
    if (!found || found.major < OLDEST_MAJOR || !found.pgmq) {
      const lacks = found && found.major >= OLDEST_MAJOR ? 'has no pgmq extension' : `is older than ${OLDEST_MAJOR}`;
      const message = `The Postgres ${found?.version} at ${host} ${lacks}.\n  Use another one, or unset HEARTLINE_DATABASE_URL for the embedded one.`;
      throw new PermanentError('database_unfit', message);
    }
    return found.version;
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    const reason = error instanceof Error ? error.message || String(error) : String(error);
    const message = `The Postgres at ${host} (HEARTLINE_DATABASE_URL) does not answer: ${reason}`;
    throw new TransientError('database_unavailable', message, { cause: error });
  } finally {
    await client.end();
  }
}
