import type { Database } from '../postgres/database.ts';

interface Stored {
  readonly schema: string;
  /** What the names of its queues begin with. */
  readonly queues: string;
}

/** Stages whose schema has another name than their folder. */
const OTHER_NAMES: ReadonlyMap<string, Stored> = new Map([['alerts', { schema: 'alert_desk', queues: 'alert_' }]]);

/** A stage's tables are those of the schema of its name; its queues begin with that name and `_`. Both with `_` for `-`. */
function storedBy(stage: string): Stored {
  const schema = stage.replaceAll('-', '_');
  return OTHER_NAMES.get(stage) ?? { schema, queues: `${schema}_` };
}

const RESET = `
  DO $$
  DECLARE
    stage text := current_setting('heartline.reset_schema');
    queues text := current_setting('heartline.reset_queues');
    name text;
    -- All at once: of tables that refer to one another, none can be emptied alone.
    tables text := (SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables WHERE schemaname = stage);
  BEGIN
    IF tables IS NOT NULL THEN
      EXECUTE 'TRUNCATE ' || tables || ' RESTART IDENTITY';
    END IF;
    FOR name IN SELECT queue_name FROM pgmq.meta WHERE starts_with(queue_name, queues) LOOP
      PERFORM pgmq.purge_queue(name);
    END LOOP;
  END
  $$`;

/**
 * Removes everything a stage has stored and every message of its queues, so that a measurement begins with nothing.
 * @param stage the folder under functions/, such as `db-first`
 * @throws TransientError when the database is away or slow
 */
export async function resetStage(database: Database, stage: string): Promise<void> {
  const { schema, queues } = storedBy(stage);
  await database.query({
    name: 'name-stage-to-reset',
    text: `SELECT set_config('heartline.reset_schema', $1, false), set_config('heartline.reset_queues', $2, false)`,
    values: [schema, queues],
  });
  await database.query({ name: 'reset-stage', text: RESET, values: [] });
}
