import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anAlert } from '../../shared/testing/alerts.ts';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { eventually } from '../testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../testing/functions.ts';

const START_TIMEOUT_MS = 120_000;
const FAULT_TIMEOUT_MS = 180_000;
const NOTE_CHANGES = `
  CREATE TABLE changes (event_id uuid, change text);
  CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO changes VALUES (coalesce(NEW.event_id, OLD.event_id), TG_OP);
    RETURN NULL;
  END $$;
  CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON db_first.notifications
    FOR EACH ROW EXECUTE FUNCTION note_change()`;
const ROUNDS = 4;
const SENDERS = 8;
/** The kill comes at a moment of its own in each round; printed, so that a failure can be repeated. */
const LATEST_KILL_MS = 900;
/** Longer than the visibility timeout of 10 s: messages that a killed process had taken come back after it. */
const NOTIFIED_DEADLINE_MS = 60_000;

describe('kill -9 at any moment between 201 and notification', () => {
  let database: TestDatabase;
  let functions: TestFunctions;

  beforeAll(async () => {
    database = await testDatabase();
    await database.pool.query(NOTE_CHANGES);
    functions = await startFunctions(database.url);
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await functions.stop();
    await database.drop();
  });

  test(
    'loses nothing and tells nobody twice',
    async () => {
      const accepted = new Set<string>();
      for (let round = 0; round < ROUNDS; round += 1) {
        const killAfterMs = Math.round(Math.random() * LATEST_KILL_MS);
        const load = new AbortController();
        const senders = Array.from({ length: SENDERS }, () => send(functions.http, accepted, load.signal));
        // A process that has just started takes its time for its first answers.
        const before = accepted.size;
        await eventually('alerts to be accepted', () => accepted.size >= before + SENDERS, START_TIMEOUT_MS);
        await sleep(killAfterMs);
        await functions.kill();
        load.abort();
        await Promise.all(senders);
        process.stdout.write(`killed after ${killAfterMs} ms, ${accepted.size} alerts accepted so far\n`);
        functions = await startFunctions(database.url);
      }
      const { rows: stored } = await database.pool.query('SELECT event_id FROM db_first.alerts');
      const storedIds = new Set(stored.map((row) => row.event_id));
      expect(
        [...accepted].filter((id) => !storedIds.has(id)),
        'answered with 201 but not stored',
      ).toEqual([]);
      expect(accepted.size).toBeGreaterThanOrEqual(ROUNDS * SENDERS);
      await eventually(
        'every stored alert to be notified',
        async () => (await count(database, 'db_first.notifications')) === storedIds.size,
        NOTIFIED_DEADLINE_MS,
      );
      const { rows: unmatched } = await database.pool.query(
        'SELECT event_id FROM db_first.alerts FULL JOIN db_first.notifications n USING (event_id) WHERE n.event_id IS NULL OR alerts.stored_at IS NULL',
      );
      expect(unmatched).toEqual([]);
      await eventually('the queue to be empty', async () => (await count(database, 'pgmq.q_db_first_alerts')) === 0);
      expect(await count(database, 'pgmq.q_db_first_alerts_dlq')).toBe(0);
      // What happened to the notifications, not only what is there in the end: one insert each, nothing else.
      const { rows: changes } = await database.pool.query(
        "SELECT event_id, string_agg(change, ',') AS changes FROM changes GROUP BY event_id HAVING string_agg(change, ',') <> 'INSERT'",
      );
      expect(changes).toEqual([]);
      expect(await count(database, 'changes')).toBe(storedIds.size);
    },
    FAULT_TIMEOUT_MS,
  );
});

/** Posts alert after alert and notes what was answered with 201, until told to stop or the process is gone. */
async function send(http: string, accepted: Set<string>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const alert = anAlert();
    try {
      const answer = await fetchAllowed(`${http}/db-first/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alert),
        signal,
      });
      if (answer.status === 201) accepted.add(alert.eventId);
    } catch {
      return; // the process was killed under the request
    }
  }
}

async function count(database: TestDatabase, table: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
  return rows[0]?.n ?? 0;
}
