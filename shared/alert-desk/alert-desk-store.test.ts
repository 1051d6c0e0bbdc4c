import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { takeOver } from '../idempotency/index.ts';
import { nameUuid } from '../name-uuid.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { obeyCommand, takeEvents, takeTicks } from './alert-desk-store.ts';
import { TRACE } from './desk-store-model.ts';
import { EMPTY, type Meddle, through } from './desk-store-play.ts';
import { eventOf } from './lifecycle-model.ts';
import { findAlert, listOpenAlerts } from './open-alerts-store.ts';

const NAMESPACE = Buffer.alloc(16);
const ALERT = nameUuid(NAMESPACE, 'alert');
const CONSUMER = 'publish-alerts/alerts-w0';
const CONNECTIONS = 8;

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  const options = { url: db.url, poolSize: CONNECTIONS, timeoutMs: 20_000, applicationName: 'desk-test' };
  database = createDatabase(options);
});
beforeEach(() => db.pool.query(EMPTY));
afterAll(async () => {
  await database.close();
  await db.drop();
});

const recordMetric = () => undefined;
const context = () => ({ database, recordMetric });
const tells = (...changes: Parameters<typeof eventOf>[0][]) =>
  changes.map((change) => ({ event: eventOf({ alertId: ALERT, ...change }), traceparent: TRACE }));
const says = (id: string, expectedVersion: number, type: 'acknowledge' | 'accept' | 'silence' = 'accept') => ({
  ...{ type, key: `${id} ${type} ${expectedVersion}`, why: 'seen', expectedVersion },
  who: { id, role: 'nurse' },
});
const versions = async () =>
  (
    await db.pool.query('SELECT version FROM alert_desk.history WHERE alert_id = $1 ORDER BY version', [ALERT])
  ).rows.map(({ version }) => version);

/** Events, commands and ticks of one alert, all at once; true: each change was seen by the next. */
async function isOneAfterTheOther(meddle: Meddle): Promise<boolean> {
  await db.pool.query(EMPTY);
  const at = { database: through(database, meddle, null), recordMetric };
  await takeEvents(tells({}), at);
  const rounds = Array.from({ length: 12 }, (_, round) => [
    takeEvents(tells({ sequence: round + 2, type: 'update' }), at),
    obeyCommand(ALERT, says(`nurse-${round}`, round + 1, 'silence'), at),
    takeTicks([{ alertId: ALERT, dueAtMs: Date.now() }], at),
  ]);
  const results = await Promise.allSettled(rounds.flat());
  if (results.some(({ status }) => status === 'rejected')) return false;
  const seen = await versions();
  const alert = await findAlert(ALERT, at);
  return seen.every((version, index) => version === index + 1) && alert?.version === seen.length;
}

describe('what happens at once', () => {
  test('events, commands and ticks of a patient are taken one after the other', async () => {
    expect(await isOneAfterTheOther((statement) => statement)).toBe(true);
  });

  test('a store that does not lock the patient is caught', async () => {
    const text = `
      WITH made AS (INSERT INTO alert_desk.patients (patient_id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING)
      SELECT patient_id, grouping FROM alert_desk.patients WHERE patient_id = ANY($1::text[])`;
    const meddle: Meddle = (statement) =>
      statement.name === 'desk-lock' ? { ...statement, name: 'no-lock', text } : statement;
    expect(await isOneAfterTheOther(meddle)).toBe(false);
  });

  test('of two nurses with the same version in hand exactly one is obeyed', async () => {
    for (let round = 0; round < 10; round += 1) {
      await db.pool.query(EMPTY);
      await takeEvents(tells({}), context());
      const both = await Promise.all(['anna', 'bea'].map((id) => obeyCommand(ALERT, says(id, 1), context())));
      expect(both.map((answer) => (answer.ok ? 'done' : answer.code)).toSorted()).toEqual(['done', 'version_conflict']);
      const winner = both.find(({ ok }) => ok);
      expect(winner?.ok && winner.item.owner?.id).toBe((await findAlert(ALERT, context()))?.owner?.id);
    }
  });

  test('the same command sent five times at once is carried out once, and each is answered', async () => {
    await takeEvents(tells({}), context());
    const all = await Promise.all(Array.from({ length: 5 }, () => obeyCommand(ALERT, says('anna', 1), context())));
    expect(all.every((answer) => answer.ok && answer.item.version === 2)).toBe(true);
    expect(await versions()).toEqual([1, 2]);
  });

  test('batches with the same patients and wards in another order wait for each other, and none fails', async () => {
    const batch = Array.from({ length: 20 }, (_, index) => ({
      event: eventOf({
        alertId: nameUuid(NAMESPACE, `alert ${index}`),
        patientId: `p-${index}`,
        ward: `icu-${1 + (index % 5)}`,
      }),
      traceparent: TRACE,
    }));
    const batches = Array.from({ length: CONNECTIONS }, (_, index) => (index % 2 === 0 ? batch : batch.toReversed()));
    const counts = await Promise.all(batches.map((one) => takeEvents(one, context())));
    expect(counts.reduce((sum, { taken }) => sum + taken, 0)).toBe(20);
  });
});

describe('a partition that has another owner', () => {
  test('a batch of the former one changes nothing', async () => {
    const own = () => takeOver({ pool: db.pool, consumer: CONSUMER, lockTimeoutMs: 5_000 });
    const { epoch: former } = await own();
    const { epoch } = await own();
    const take = (by: bigint) =>
      takeEvents(tells({}), { ...context(), checkpoint: { consumer: CONSUMER, epoch: by, position: 7n } });
    await expect(take(former)).rejects.toMatchObject({ code: 'fenced_out' });
    expect(await findAlert(ALERT, context())).toBeUndefined();
    expect(await take(epoch)).toEqual({ taken: 1, known: 0 });
    const { rows } = await db.pool.query('SELECT position FROM idempotency.consumers WHERE consumer = $1', [CONSUMER]);
    expect(rows).toEqual([{ position: '7' }]);
  });
});

describe('what stations are shown', () => {
  test('the open alerts of a ward, with a revision that rises with each change', async () => {
    expect(await listOpenAlerts('icu-1', context())).toMatchObject({ ward: 'icu-1', revision: 0, alerts: [] });
    await takeEvents(tells({}), context());
    await takeEvents(tells({}), context());
    const [first, other] = [await listOpenAlerts('icu-1', context()), await listOpenAlerts('icu-2', context())];
    expect([first.revision, other.alerts]).toEqual([1, []]);
    expect(first.alerts.map(({ alertId }) => alertId)).toContain(ALERT);
    const alert = first.alerts.find(({ alertId }) => alertId === ALERT);
    expect(alert).toMatchObject({ version: 1, status: 'active', rings: true, asked: { role: 'nurse', id: null } });
    expect(alert).toEqual({ ...(await findAlert(ALERT, context())), at: alert?.at });
  });

  test('a patient who is moved leaves one ward for the other', async () => {
    await takeEvents(tells({}, { sequence: 2, type: 'update', ward: 'icu-2' }), context());
    const of = async (ward: string) => {
      const { revision, alerts } = await listOpenAlerts(ward, context());
      return [revision, alerts.filter(({ alertId }) => alertId === ALERT).length];
    };
    expect([await of('icu-1'), await of('icu-2')]).toEqual([
      [1, 0],
      [1, 1],
    ]);
  });
});

describe('timers', () => {
  const timers = async () =>
    (await db.pool.query(`SELECT message, vt - now() AS left FROM pgmq.q_alert_timers ORDER BY msg_id`)).rows;

  test('a message waits until the alert is due, by the difference and not by whose clock is right', async () => {
    const nowMs = Date.now() - 3_600_000;
    await takeEvents(tells({ priority: 'high' }), { ...context(), clock: () => nowMs });
    const [{ message, left }] = (await timers()).filter((row) => row.message.alertId === ALERT);
    expect(message.dueAtMs).toBe(nowMs + 60_000);
    expect(left.seconds + (left.minutes ?? 0) * 60).toBeGreaterThanOrEqual(58);
  });

  test('one of an alert that is not there, or is answered, does nothing', async () => {
    expect(await takeTicks([{ alertId: ALERT, dueAtMs: 0 }], context())).toBe(0);
    await takeEvents(tells({}), context());
    await obeyCommand(ALERT, says('anna', 1), context());
    expect(await takeTicks([{ alertId: ALERT, dueAtMs: 0 }], { ...context(), clock: () => Date.now() + 600_000 })).toBe(
      0,
    );
  });
});

test('what has happened stays: nobody changes or removes history', async () => {
  await takeEvents(tells({}), context());
  for (const text of ['UPDATE alert_desk.history SET why = $1', 'DELETE FROM alert_desk.history WHERE why <> $1']) {
    await expect(db.pool.query(text, ['x'])).rejects.toThrow('what has happened stays');
  }
});
