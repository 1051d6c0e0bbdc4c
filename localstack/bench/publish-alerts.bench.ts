import pg from 'pg';
import { type TracedEvent, takeEvents } from '../../shared/alert-desk/alert-desk-store.ts';
import { listOpenAlerts } from '../../shared/alert-desk/open-alerts-store.ts';
import { EVERY_WARD } from '../../shared/alert-desk/roster.ts';
import { putRoster } from '../../shared/alert-desk/roster-store.ts';
import { nameUuid } from '../../shared/name-uuid.ts';
import { createDatabase, type Database } from '../../shared/postgres/database.ts';
import type { AlertEvent, AlertEventType } from '../../shared/vitals/alert-event.ts';
import { type BenchContext, type BenchResult, measureRatio, percentile } from './bench-result.ts';
import { rateOf } from './stream-backlog.ts';

/** Of a hospital of 1,500 beds: each alert begins, changes once and ends. */
const ALERTS_A_ROUND = 1_000;
const TYPES = ['start', 'update', 'end'] as const satisfies AlertEventType[];
const PATIENTS = 1_500;
const WARDS = 25;
/** The trigger's (functions/alerts/functions.yml). */
const EVENTS_A_BATCH = 200;
const ROUNDS = 5;
const RATE_TARGET = 1_000;
const RATIO_TARGET = 0.25;
const OPEN_ALERTS = 1_000;
const LIST_TARGET_MS = 50;
const LISTS = 50;
const BURST_ALERTS = 500;
const BURST_TARGET_MS = 2_000;
const TIMEOUT_MS = 60_000;
const NAMESPACE = Buffer.alloc(16);
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const recordMetric = () => undefined;
const CHECKPOINT = { consumer: 'bench', epoch: 1n, position: 1n };

let made = 0;

function event(number: number, type: AlertEventType, sequence: number, ward?: string): TracedEvent {
  const patient = number % PATIENTS;
  const alertId = nameUuid(NAMESPACE, `alert ${number}`);
  const at = new Date().toISOString();
  const made: AlertEvent = {
    ...{ eventId: nameUuid(NAMESPACE, `event ${number} ${sequence}`), alertId, type, sequence, at, onset: at },
    ...{ patientId: `patient-${patient}`, ward: ward ?? `ward-${patient % WARDS}`, bed: `bed-${patient}` },
    ...{ deviceId: `monitor-${patient}`, rule: 'threshold', condition: 'threshold/HR/high' },
    ...{ category: 'physiological', kind: '8867-4', priority: number % 5 === 0 ? 'high' : 'medium' },
    detail: { value: 131, limit: 120, unit: '/min' },
  };
  return { event: made, traceparent: TRACE };
}

const batchesOf = (events: readonly TracedEvent[]) =>
  Array.from({ length: Math.ceil(events.length / EVENTS_A_BATCH) }, (_, index) =>
    events.slice(index * EVENTS_A_BATCH, (index + 1) * EVENTS_A_BATCH),
  );

/** All begin, then all change, then all end: as a ward's come, mixed. */
function round(): TracedEvent[] {
  const first = made;
  made += ALERTS_A_ROUND;
  return TYPES.flatMap((type, index) =>
    Array.from({ length: ALERTS_A_ROUND }, (_, alert) => event(first + alert, type, index + 1)),
  );
}

async function take(events: readonly TracedEvent[], database: Database): Promise<void> {
  for (const batch of batchesOf(events)) await takeEvents(batch, { database, recordMetric, checkpoint: CHECKPOINT });
}

/** The row of the alert, of its history and of who is told, as one event makes them, with nothing decided. */
const BARE = {
  alert: `INSERT INTO bare_alerts SELECT * FROM unnest($1::uuid[], $2::text[], $3::jsonb[])
    ON CONFLICT (alert_id) DO UPDATE SET document = EXCLUDED.document`,
  history: `INSERT INTO bare_history SELECT * FROM unnest($1::uuid[], $2::int[], $3::jsonb[])`,
  told: `INSERT INTO bare_told SELECT * FROM unnest($1::uuid[], $2::text[], $3::jsonb[])`,
};

async function bare(pool: pg.Pool): Promise<number> {
  const all = round();
  return await rateOf(all.length, async () => {
    for (const batch of batchesOf(all)) {
      const ids = batch.map(({ event: { alertId } }) => alertId);
      const patients = batch.map(({ event: { patientId } }) => patientId);
      const documents = batch.map(({ event: one }) => JSON.stringify(one));
      await pool.query('BEGIN');
      await pool.query({ name: 'alert', text: BARE.alert, values: [ids, patients, documents] });
      const versions = batch.map(({ event: { sequence } }) => sequence);
      await pool.query({ name: 'history', text: BARE.history, values: [ids, versions, documents] });
      const events = batch.map(({ event: { eventId } }) => eventId);
      await pool.query({ name: 'told', text: BARE.told, values: [events, patients, documents] });
      await pool.query('COMMIT');
    }
  });
}

async function listed(database: Database): Promise<number> {
  await take(
    Array.from({ length: OPEN_ALERTS }, (_, index) => event(1_000_000 + index, 'start', 1, 'ward-list')),
    database,
  );
  const times: number[] = [];
  for (let turn = 0; turn < LISTS; turn += 1) {
    const startedAt = performance.now();
    const { alerts } = await listOpenAlerts('ward-list', { database, recordMetric });
    times.push(performance.now() - startedAt);
    if (alerts.length !== OPEN_ALERTS) throw new Error(`${alerts.length} alerts listed`);
  }
  return percentile(times, 0.95);
}

async function burst(database: Database): Promise<number> {
  const events = Array.from({ length: BURST_ALERTS }, (_, index) => event(2_000_000 + index, 'start', 1, 'ward-burst'));
  const startedAt = performance.now();
  await take(events, database);
  const { alerts } = await listOpenAlerts('ward-burst', { database, recordMetric });
  if (alerts.length !== BURST_ALERTS) throw new Error(`${alerts.length} alerts listed`);
  return performance.now() - startedAt;
}

async function staff(database: Database): Promise<void> {
  const shift = { bed: null, from: '2020-01-01T00:00:00.000Z', until: '2100-01-01T00:00:00.000Z' };
  const duties = { assigned: [], onCall: [{ personId: 'anna', role: 'nurse' as const, ...shift }] };
  const who = { id: 'chief', role: 'charge-nurse' };
  const expected = { mustExist: false, versions: null };
  await putRoster({ ward: EVERY_WARD, duties, who, reason: 'bench', expected }, { database, recordMetric });
}

/** Alert events through the desk (locks, rules, history, who is told, timers, checkpoint) against bare inserts of such rows. */
export async function run({ databaseUrl }: BenchContext): Promise<BenchResult[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const database = createDatabase({ url: databaseUrl, poolSize: 1, timeoutMs: TIMEOUT_MS, applicationName: 'bench' });
  const ours = () => {
    const all = round();
    return rateOf(all.length, () => take(all, database));
  };
  try {
    await pool.query(`
      CREATE TABLE bare_alerts (alert_id uuid PRIMARY KEY, patient_id text, document jsonb);
      CREATE TABLE bare_history (alert_id uuid, version int, document jsonb, PRIMARY KEY (alert_id, version));
      CREATE TABLE bare_told (id uuid PRIMARY KEY, patient_id text, document jsonb);
      INSERT INTO idempotency.consumers (consumer, epoch) VALUES ('bench', 1)`);
    await staff(database);
    await measureRatio(1, ours, () => bare(pool));
    const result = await measureRatio(ROUNDS, ours, () => bare(pool));
    const [listMs, burstMs] = [await listed(database), await burst(database)];
    return [
      {
        name: 'alert events: taken by the desk, with all that follows',
        target: `≥ ${RATIO_TARGET} ×`,
        measured: `${result.ratio.toFixed(2)} ×`,
        holds: result.ratio >= RATIO_TARGET,
        detail: `${result.ours.toFixed(0)} events/s through the desk, ${result.bare.toFixed(0)}/s by bare inserts of three rows each; ${EVENTS_A_BATCH} a batch, one connection`,
      },
      {
        name: 'alert events: what one process publishes',
        target: `≥ ${RATE_TARGET}/s`,
        measured: `${result.ours.toFixed(0)}/s`,
        holds: result.ours >= RATE_TARGET,
        detail: 'start, change and end of alerts of 1,500 patients in 25 wards',
      },
      {
        name: `open alerts: a ward's ${OPEN_ALERTS}, listed`,
        target: `< ${LIST_TARGET_MS} ms`,
        measured: `${listMs.toFixed(1)} ms`,
        holds: listMs < LIST_TARGET_MS,
        detail: `p95 of ${LISTS}`,
      },
      {
        name: `a burst of ${BURST_ALERTS} alerts of a ward: taken, routed and listed`,
        target: `< ${BURST_TARGET_MS} ms`,
        measured: `${burstMs.toFixed(0)} ms`,
        holds: burstMs < BURST_TARGET_MS,
        detail: `${EVENTS_A_BATCH} a batch, each alert of another patient`,
      },
    ];
  } finally {
    await Promise.all([pool.end(), database.close()]);
  }
}
