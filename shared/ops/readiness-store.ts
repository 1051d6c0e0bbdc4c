import { ALERT_QUEUE } from '../alerts/alert-store.ts';
import type { Database } from '../postgres/database.ts';

/** Whether the database answers and is migrated. @throws TransientError when it is away or slow. */
export async function isDatabaseMigrated(database: Database): Promise<boolean> {
  const [row] = await database.query<{ migrated: boolean }>({
    name: 'is-migrated',
    text: `SELECT to_regclass('db_first.notifications') IS NOT NULL AND to_regclass($1) IS NOT NULL AS migrated`,
    values: [`pgmq.q_${ALERT_QUEUE}`],
  });
  return row?.migrated ?? false;
}
