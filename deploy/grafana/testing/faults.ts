// What makes the panels of faults show something: each fault is driven through the part that counts it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { eventually } from '../../../localstack/testing/eventually.ts';
import { anAlert } from '../../../shared/testing/alerts.ts';
import { fetchAllowed } from '../../../shared/testing/fetch-as.ts';
import type { ScrapedStack } from './scraped-stack.ts';

const DEADLINE_MS = 60_000;
/** A trigger that lost its database tries again after a second at most, and takes longer on a busy machine. */
const CUT_INTERVAL_MS = 8_000;
/** Of an alert's ten attempts two are left: tried again once, and given up. */
const ATTEMPTS_MADE = 8;

async function post(url: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetchAllowed(url, { method: 'POST', headers, body: JSON.stringify(body) });
  await answer.arrayBuffer();
  return answer.status;
}

/** A token that is none. */
export async function driveAccess({ endpoints: { http } }: ScrapedStack): Promise<void> {
  await (await fetch(`${http}/thresholds`, { headers: { authorization: 'Bearer x' } })).arrayBuffer();
}

/** Alerts stored and notified, one sent again, one in conflict, one notified again, one poison message, one dead letter. */
export async function driveDbFirst({ database: { pool }, endpoints: { http } }: ScrapedStack): Promise<void> {
  const alert = anAlert();
  const url = `${http}/db-first/alerts`;
  await post(url, alert);
  await post(url, alert);
  await post(url, { ...alert, ward: 'icu-9' });
  await fetchAllowed(`${url}/${alert.eventId}`);
  await fetchAllowed(`${http}/db-first/notifications?limit=5`);
  await notified(pool, alert.eventId);
  await pool.query(
    `SELECT pgmq.send('db_first_alerts', (to_jsonb(a) - 'evidence') || '{}') FROM (
       SELECT event_id AS "eventId", patient_id AS "patientId", device_id AS "deviceId", ward, kind, severity,
              detected_at AS "detectedAt", stored_at AS "storedAt" FROM db_first.alerts) a`,
  );
  await pool.query(`SELECT pgmq.send('db_first_alerts', '{"eventId": "no alert"}')`);
  await pool.query(`UPDATE pgmq.q_db_first_alerts SET read_ct = $1 WHERE message->>'eventId' = 'no alert'`, [
    ATTEMPTS_MADE,
  ]);
  await eventually(
    'the dead letter',
    async () => (await pool.query('SELECT FROM pgmq.q_db_first_alerts_dlq')).rowCount,
    DEADLINE_MS,
  );
}

async function notified(pool: Pool, eventId: string): Promise<void> {
  await eventually(
    'staff to be notified',
    async () => (await pool.query('SELECT FROM db_first.notifications WHERE event_id = $1', [eventId])).rowCount,
    DEADLINE_MS,
  );
}

/** Once this many more alerts are stored, inserts wait for `heldMs`: requests run into the database's limit and are answered 503. */
export async function holdUpInserts(
  { database: { pool } }: ScrapedStack,
  afterAlerts: number,
  heldMs: number,
): Promise<void> {
  const stored = async () => (await pool.query('SELECT FROM db_first.alerts')).rowCount ?? 0;
  const before = await stored();
  await eventually('the load to be under way', async () => (await stored()) > before + afterAlerts, DEADLINE_MS);
  const locker = await pool.connect();
  try {
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE db_first.alerts');
    await sleep(heldMs); // the length of the fault
    await locker.query('ROLLBACK');
  } finally {
    locker.release();
  }
}

/** Cuts the triggers' connections to Postgres; they come back. */
export async function cutDatabaseSessions({ database: { pool }, stack }: ScrapedStack): Promise<void> {
  let cutAt = Number.NEGATIVE_INFINITY;
  await eventually(
    'a trigger to have connected again',
    async () => {
      // Cut again before they are back, they would never be.
      if (performance.now() - cutAt > CUT_INTERVAL_MS) {
        await pool.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'heartline-trigger%'`,
        );
        cutAt = performance.now();
      }
      return /^trigger_reconnects_total [1-9]/m.test(await stack.bridge.render());
    },
    DEADLINE_MS,
  );
}
