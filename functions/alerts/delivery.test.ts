import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { claimDeliveries } from '../../shared/alert-delivery/claim-store.ts';
import { obeyCommand, takeEvents } from '../../shared/alert-desk/alert-desk-store.ts';
import { findAlert } from '../../shared/alert-desk/open-alerts-store.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { anAlertEvent } from '../../shared/testing/alert-events.ts';
import type { AlertEvent } from '../../shared/vitals/alert-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { type Receiver, receiver } from '../testing/receiver.ts';
import { handler as deliver } from './deliver.ts';
import { handler as planDeliveries } from './plan-deliveries.ts';
import { handler as takeReceipt } from './take-receipt.ts';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let db: TestDatabase;
let phones: Receiver;
let pager: Receiver;
let folder: string;
beforeAll(async () => {
  [db, phones, pager] = await Promise.all([testDatabase(), receiver(), receiver()]);
  folder = await mkdtemp(join(tmpdir(), 'heartline-delivery-'));
  await writeFile(join(folder, 'secret'), SECRET);
  const common = { secretFile: join(folder, 'secret'), retry: { attempts: 2, withinMs: 60_000 } };
  const channels = [
    { name: 'phones', type: 'webhook', url: phones.url, ...common, roles: ['nurse', 'technician'] },
    { name: 'pager', type: 'pagerduty', url: pager.url, ...common, priorities: ['high'], redirectTo: 'phones' },
  ];
  await writeFile(join(folder, 'channels.yml'), JSON.stringify({ channels }));
  await useDatabase(db.url, { HEARTLINE_CHANNELS_FILE: join(folder, 'channels.yml'), HEARTLINE_LOG_LEVEL: 'error' });
});
beforeEach(() => {
  phones.forget();
  pager.forget();
});
afterAll(async () => {
  await releaseDatabase();
  await Promise.all([phones.close(), pager.close()]);
  await rm(folder, { recursive: true });
  await db.drop();
});

const context = () => ({ database: database(), recordMetric: () => undefined });

/** Hands a function all that is due in its queue, as the event source would, and takes away what it has done. */
async function run(queue: string, handler: typeof deliver): Promise<number> {
  const { rows } = await db.pool.query('SELECT msg_id::text, message FROM pgmq.read($1, 0, 1000)', [queue]);
  if (rows.length === 0) return 0;
  const Records = rows.map(({ msg_id, message }) => ({ messageId: msg_id, body: JSON.stringify(message) }));
  const { batchItemFailures } = await handler({ Records } as never);
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const done = rows.map(({ msg_id }) => msg_id).filter((id) => !failed.has(id));
  await db.pool.query('SELECT pgmq.delete($1, $2::bigint[])', [queue, done]);
  return rows.length;
}
const plan = () => run('alert_notifications', planDeliveries);
const deliverDue = () => run('alert_deliveries', deliver);
/** What waits for its time comes now. */
const hurry = async (seconds = 3_600) => {
  await db.pool.query(`UPDATE alert_desk.deliveries SET next_at = next_at - $1 * interval '1 s'`, [seconds]);
  await db.pool.query(`UPDATE pgmq.q_alert_deliveries SET vt = vt - $1 * interval '1 s'`, [seconds]);
};

const take = (event: AlertEvent) => takeEvents([{ event, traceparent: TRACE }], context());
async function say(type: 'acknowledge' | 'accept' | 'escalate', alertId: string): Promise<void> {
  const expectedVersion = (await findAlert(alertId, context()))?.version ?? 0;
  const said = { type, key: `${type}-${alertId}`, who: { id: 'ada', role: 'nurse' }, why: 'seen', expectedVersion };
  expect(await obeyCommand(alertId, said, context())).toMatchObject({ ok: true });
}
const deliveriesOf = async (alertId: string) => {
  const { rows } = await db.pool.query(
    'SELECT kind, channel, state, attempts, last_error FROM alert_desk.deliveries WHERE alert_id = $1 ORDER BY version, channel',
    [alertId],
  );
  return rows;
};
const of = (received: Receiver, alertId: string) => received.received().filter(({ body }) => body.includes(alertId));
const stateOn = async (alertId: string, channel: string) =>
  (await deliveriesOf(alertId)).filter((one) => one.channel === channel).map(({ kind, state }) => `${kind} ${state}`);

test('a new alert is told on each channel that it is for, once, however often it is planned', async () => {
  const event = anAlertEvent({ ward: 'icu-2' });
  await take(event);
  await db.pool.query(`SELECT pgmq.send('alert_notifications', message) FROM pgmq.q_alert_notifications`);
  await plan();
  await deliverDue();
  const [call, ...others] = of(phones, event.alertId);
  expect(others).toEqual([]);
  expect(new Webhook(SECRET).verify(call?.body ?? '', call?.headers as Record<string, string>)).toMatchObject({
    data: { kind: 'ask', role: 'nurse', alert: { ward: 'icu-2' } },
  });
  expect(of(pager, event.alertId)).toHaveLength(1);
  expect(await deliveriesOf(event.alertId)).toMatchObject([
    { kind: 'ask', channel: 'pager', state: 'confirmed', attempts: 1 },
    { kind: 'ask', channel: 'phones', state: 'confirmed', attempts: 1 },
    { kind: 'ask', channel: 'station', state: 'pending', attempts: 0 },
  ]);
});

describe('at the moment of sending', () => {
  test('what is answered meanwhile is not asked; that nobody has to come is said', async () => {
    const event = anAlertEvent({ ward: 'icu-3' });
    await take(event);
    await plan();
    await say('acknowledge', event.alertId);
    await deliverDue();
    expect(of(phones, event.alertId)).toEqual([]);
    expect(await stateOn(event.alertId, 'phones')).toEqual(['ask superseded']);
    await plan();
    await deliverDue();
    // Nobody was told there: there is nothing to take back.
    expect(of(phones, event.alertId)).toEqual([]);
  });

  test('an incident that was triggered is acknowledged, and resolved at the end', async () => {
    const event = anAlertEvent({ ward: 'icu-3' });
    await take(event);
    await plan();
    await deliverDue();
    await say('accept', event.alertId);
    await plan();
    await deliverDue();
    await take({ ...event, eventId: event.alertId, type: 'end', sequence: 2 });
    await plan();
    await deliverDue();
    const actions = of(pager, event.alertId).map(({ body }) => JSON.parse(body).event_action);
    expect(actions).toEqual(['trigger', 'acknowledge', 'resolve']);
  });
});

test.each(['acknowledge', 'accept'] as const)(
  'who has said %s and calls for the next role is not alone',
  async (type) => {
    const event = anAlertEvent({ ward: 'icu-13' });
    await take(event);
    await plan();
    await deliverDue();
    await say(type, event.alertId);
    await say('escalate', event.alertId);
    await plan();
    await deliverDue();
    const [last] = of(pager, event.alertId).slice(-1);
    expect(JSON.parse(last?.body ?? '{}').event_action).toBe('trigger');
    expect(await stateOn(event.alertId, 'pager')).toEqual(['ask confirmed', 'retract confirmed', 'ask confirmed']);
  },
);

describe('a receiver that is in trouble', () => {
  test.each(['cut', 'hang', 500, { status: 429, headers: { 'retry-after': '2' } }] as const)(
    'and has %j for the first attempt gets a second one under the same key',
    async (reply) => {
      const event = anAlertEvent({ ward: 'icu-4' });
      await take(event);
      await plan();
      phones.reply(event.alertId, reply);
      await deliverDue();
      await deliverDue();
      expect(of(phones, event.alertId), 'not before its time').toHaveLength(1);
      await hurry();
      await deliverDue();
      const requests = of(phones, event.alertId);
      expect(requests).toHaveLength(2);
      expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect(new Set(requests.map(({ body }) => body)).size, 'one text under one key').toBe(1);
      expect(await deliveriesOf(event.alertId)).toContainEqual(
        expect.objectContaining({ channel: 'phones', state: 'confirmed', attempts: 2, last_error: null }),
      );
    },
  );

  test('Retry-After is kept to', async () => {
    const event = anAlertEvent({ ward: 'icu-4' });
    await take(event);
    await plan();
    phones.reply(event.alertId, { status: 503, headers: { 'retry-after': '30' } });
    await deliverDue();
    await hurry(29);
    await deliverDue();
    expect(of(phones, event.alertId)).toHaveLength(1);
    await hurry(2);
    await deliverDue();
    expect(of(phones, event.alertId)).toHaveLength(2);
  });

  test('and stays so: another channel is told, and one alarm a ward and channel, which ends when it confirms again', async () => {
    const events = [anAlertEvent({ ward: 'icu-5' }), anAlertEvent({ ward: 'icu-5' })];
    for (const event of events) await take(event);
    pager.always(500);
    await plan();
    for (let times = 0; times < 3; times += 1) {
      await deliverDue();
      await hurry(60);
    }
    for (const { alertId } of events) {
      expect(await stateOn(alertId, 'pager')).toEqual(['ask redirected']);
      // It is for the phones anyway: the redirection adds no second one.
      expect(of(phones, alertId)).toHaveLength(1);
    }
    const { rows: redirected } = await db.pool.query(
      `SELECT channel, state FROM alert_desk.deliveries WHERE ward = 'icu-5' AND redirected_from = 'pager'`,
    );
    // That nobody is on duty is told to roles that the phones are not for.
    expect(redirected.length).toBeGreaterThan(0);
    for (const one of redirected) expect(one).toEqual({ channel: 'phones', state: 'confirmed' });
    const alarms = async () =>
      (
        await db.pool.query(
          `SELECT alert_id, phase, state FROM alert_desk.alerts WHERE ward = 'icu-5' AND rule = 'delivery'`,
        )
      ).rows;
    const about = (await alarms()).filter(({ state }) => state.condition === 'delivery/pager');
    expect(about).toMatchObject([{ phase: 'active', state: { priority: 'medium', category: 'technical' } }]);

    pager.always(200);
    const third = anAlertEvent({ ward: 'icu-5' });
    await take(third);
    await plan();
    await deliverDue();
    await deliverDue();
    const [after] = (await alarms()).filter(({ state }) => state.condition === 'delivery/pager');
    expect(after).toMatchObject({ alert_id: about[0]?.alert_id, phase: 'resolved' });
  });

  test('what is refused for good is not tried again', async () => {
    const event = anAlertEvent({ ward: 'icu-6' });
    await take(event);
    await plan();
    phones.always(401);
    await deliverDue();
    expect(await deliveriesOf(event.alertId)).toContainEqual(
      expect.objectContaining({ channel: 'phones', state: 'failed', attempts: 1, last_error: 'answered 401' }),
    );
  });
});

describe('the station', () => {
  const revisionOf = async (ward: string) =>
    Number((await db.pool.query('SELECT revision FROM alert_desk.wards WHERE ward = $1', [ward])).rows[0].revision);
  const receipt = (ward: string, revision: number) =>
    takeReceipt({ stationId: 'station-1', revision, topic: `station/${ward}/receipts` });
  const pushesAsked = async (ward: string) =>
    (await db.pool.query(`SELECT FROM pgmq.q_alert_wards WHERE message->>'ward' = $1`, [ward])).rowCount ?? 0;

  test('says that it shows the ward: all up to there is confirmed, before or after it was planned', async () => {
    const first = anAlertEvent({ ward: 'icu-7' });
    await take(first);
    await plan();
    expect(await receipt('icu-7', await revisionOf('icu-7'))).toEqual({ outcome: 'stored' });
    expect(await stateOn(first.alertId, 'station')).toEqual(['ask confirmed']);
    const second = anAlertEvent({ ward: 'icu-7' });
    await take(second);
    await receipt('icu-7', await revisionOf('icu-7'));
    await plan();
    expect(await stateOn(second.alertId, 'station')).toEqual(['ask confirmed']);
  });

  test('a revision that was never told, a ward with a slash, and what is no receipt change nothing', async () => {
    const event = anAlertEvent({ ward: 'icu-8' });
    await take(event);
    await plan();
    await receipt('icu-8', 99);
    await receipt('icu-8/x', 1);
    expect(await takeReceipt({ topic: 'station/icu-8/receipts', revision: '1' })).toEqual({ outcome: 'refused' });
    expect(await takeReceipt('nothing')).toEqual({ outcome: 'refused' });
    expect(await stateOn(event.alertId, 'station')).toEqual(['ask pending']);
  });

  test('that nobody looks at is pushed again, then is an alarm of high priority, until somebody looks', async () => {
    const event = anAlertEvent({ ward: 'icu-9' });
    await take(event);
    await plan();
    const before = await pushesAsked('icu-9');
    await hurry();
    await deliverDue();
    expect(await pushesAsked('icu-9')).toBeGreaterThan(before);
    for (let times = 0; times < 3; times += 1) {
      await hurry(20);
      await deliverDue();
    }
    expect(await stateOn(event.alertId, 'station')).toEqual(['ask failed']);
    const alarm = async () => {
      const { rows } = await db.pool.query(
        `SELECT phase, priority FROM alert_desk.alerts WHERE ward = 'icu-9' AND rule = 'delivery'`,
      );
      return rows;
    };
    expect(await alarm()).toEqual([{ phase: 'active', priority: 'high' }]);
    const second = anAlertEvent({ ward: 'icu-9' });
    await take(second);
    await plan();
    expect(await stateOn(second.alertId, 'station'), 'nobody is waited for').toEqual(['ask failed']);
    await receipt('icu-9', await revisionOf('icu-9'));
    await eventually('the alarm to be over', async () => {
      await deliverDue();
      return (await alarm())[0]?.phase === 'resolved';
    });
  });
});

test('two at one delivery: one sends, the other comes again', async () => {
  const event = anAlertEvent({ ward: 'icu-10' });
  await take(event);
  await plan();
  phones.reply(event.alertId, 'hang');
  const { rows } = await db.pool.query(
    `SELECT msg_id::text, message FROM pgmq.q_alert_deliveries WHERE vt <= clock_timestamp()`,
  );
  const Records = rows.map(({ msg_id, message }) => ({ messageId: msg_id, body: JSON.stringify(message) }));
  const first = deliver({ Records } as never);
  await eventually('the first to be at it', () => of(phones, event.alertId).length === 1);
  const second = await deliver({ Records } as never);
  expect(second.batchItemFailures).toContainEqual(
    expect.objectContaining({ error: expect.objectContaining({ code: 'delivery_held' }) }),
  );
  await first;
  expect(of(phones, event.alertId)).toHaveLength(1);
});

test('what is said of an alert on a channel is in one hand at a time, however many reach for it at once', async () => {
  const events = Array.from({ length: 40 }, () => anAlertEvent({ ward: 'icu-11' }));
  for (const event of events) {
    await take(event);
    // Worse by and by: a second notification of the same alert.
    await take({ ...event, type: 'end', sequence: 2 });
    await take({ ...event, type: 'escalate', sequence: 3 });
  }
  await plan();
  const { rows } = await db.pool.query<{ ids: string[] }>(
    `SELECT array_agg(delivery_id::text) AS ids FROM alert_desk.deliveries
     WHERE alert_id = ANY($1::uuid[]) AND channel = 'phones' GROUP BY alert_id HAVING count(*) > 1`,
    [events.map(({ alertId }) => alertId)],
  );
  expect(rows.length).toBeGreaterThan(0);
  const hands = await Promise.all(
    rows.map(async ({ ids }) => {
      const claims = await Promise.all(ids.map((id) => claimDeliveries([id], context())));
      return claims.flatMap(({ claimed }) => claimed).length;
    }),
  );
  expect(hands).toEqual(hands.map(() => 1));
});

test('who is asked anew hears first that the old is taken back: the last that they hear is that they are asked', async () => {
  const events = Array.from({ length: 8 }, () => anAlertEvent({ ward: 'icu-12' }));
  for (const event of events) await take(event);
  await plan();
  await deliverDue();
  for (const { alertId } of events) {
    const expectedVersion = (await findAlert(alertId, context()))?.version ?? 0;
    const who = { id: 'carl', role: 'charge-nurse' };
    const to = { role: 'nurse', id: null } as const;
    const said = { type: 'reroute', key: `reroute-${alertId}`, who, why: 'busy', expectedVersion, to } as const;
    expect(await obeyCommand(alertId, said, context())).toMatchObject({ ok: true });
  }
  await plan();
  await deliverDue();
  const heard = events.map(({ alertId }) => of(phones, alertId).map(({ body }) => JSON.parse(body).data.kind));
  expect(heard).toEqual(events.map(() => ['ask', 'retract', 'ask']));
});
