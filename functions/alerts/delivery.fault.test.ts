// A process that delivers is killed at every step of a delivery, and another goes on: each notification arrives, at most twice.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestBroker, type TestBroker } from '../../localstack/testing/broker.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { DELIVERY_STEPS } from '../../shared/alert-delivery/delivery-steps.ts';
import { obeyCommand, takeEvents } from '../../shared/alert-desk/alert-desk-store.ts';
import { createDatabase, type Database } from '../../shared/postgres/database.ts';
import { anAlertEvent } from '../../shared/testing/alert-events.ts';
import { type Receiver, receiver } from '../testing/receiver.ts';
import { type Deliverer, startDeliverer } from './testing/deliverer.ts';
import { brokenBy, toldBy } from './testing/delivery-law.ts';
import { type WatchingStation, watchingStation } from './testing/watching-station.ts';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const BOOT_LIMIT_MS = 120_000;
const TEST_LIMIT_MS = 60_000;
const CHANNELS = ['phones', 'pager', 'monitoring'] as const;

let db: TestDatabase;
let broker: TestBroker;
let desk: Database;
let folder: string;
let receivers: Record<(typeof CHANNELS)[number], Receiver>;
let station: WatchingStation | undefined;
const processes = new Set<Deliverer>();
let wards = 0;
let ward = '';

beforeAll(async () => {
  [db, broker] = await Promise.all([testDatabase(), startTestBroker()]);
  desk = createDatabase({ url: db.url, poolSize: 2, timeoutMs: 5_000, applicationName: 'test' });
  receivers = { phones: await receiver(), pager: await receiver(), monitoring: await receiver() };
  folder = await mkdtemp(join(tmpdir(), 'heartline-delivery-'));
  await writeFile(join(folder, 'secret'), `whsec_${randomBytes(32).toString('base64')}`);
  const common = { secretFile: join(folder, 'secret') };
  const channels = [
    { name: 'phones', type: 'webhook', url: receivers.phones.url, ...common },
    { name: 'pager', type: 'pagerduty', url: receivers.pager.url, ...common },
    { name: 'monitoring', type: 'alertmanager', url: receivers.monitoring.url, ...common },
  ];
  await writeFile(join(folder, 'channels.yml'), JSON.stringify({ channels }));
  // Somebody of each role is on duty: an alert that finds nobody is one more alert.
  const duties = ['nurse', 'charge-nurse', 'doctor', 'technician'].map((role) => ({
    ...{ personId: `the-${role}`, role, bed: null, from: '2026-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z' },
  }));
  await db.pool.query(
    `INSERT INTO alert_desk.rosters (ward, version, duties, people, updated_by, reason) VALUES ('*', 1, $1, '{}', 'test', 'test')`,
    [JSON.stringify({ assigned: [], onCall: duties })],
  );
}, BOOT_LIMIT_MS);
beforeEach(() => {
  wards += 1;
  ward = `ward-${wards}`;
});
afterEach(async () => {
  for (const one of processes) one.kill();
  await Promise.all([...processes].map(({ ended }) => ended));
  processes.clear();
  await station?.close();
  station = undefined;
  for (const one of Object.values(receivers)) one.forget();
}, BOOT_LIMIT_MS);
afterAll(async () => {
  await Promise.all(Object.values(receivers).map((one) => one.close()));
  await rm(folder, { recursive: true });
  await desk.close();
  await broker.remove();
  await db.drop();
}, BOOT_LIMIT_MS);

async function start(options?: Parameters<typeof startDeliverer>[1]): Promise<Deliverer> {
  const { mqtt } = broker.endpoints;
  const environment = {
    HEARTLINE_DATABASE_URL: db.url,
    HEARTLINE_MQTT_URL: mqtt,
    HEARTLINE_CHANNELS_FILE: join(folder, 'channels.yml'),
  };
  const one = await startDeliverer(environment, options);
  processes.add(one);
  return one;
}
const context = () => ({ database: desk, recordMetric: () => undefined });
async function raise(): Promise<string> {
  const event = anAlertEvent({ ward });
  await takeEvents([{ event, traceparent: TRACE }], context());
  return event.alertId;
}

/** What the dead one held is let go of, as it is when its time is over. */
async function letGo(): Promise<void> {
  await db.pool.query('UPDATE alert_desk.deliveries SET claimed_until = NULL');
  for (const queue of ['alert_notifications', 'alert_deliveries', 'alert_wards']) {
    await db.pool.query(`UPDATE pgmq.q_${queue} SET vt = clock_timestamp() WHERE read_ct > 0`);
  }
}
/** Stations are looked after now, and what failed is tried again. */
const hurry = () =>
  db.pool.query(
    `WITH due AS (UPDATE alert_desk.deliveries SET next_at = clock_timestamp() WHERE state IN ('pending', 'sent'))
     UPDATE pgmq.q_alert_deliveries SET vt = clock_timestamp() WHERE vt > clock_timestamp() AND read_ct = 0`,
  );

const settled = (alertId: string) =>
  eventually('all channels to have confirmed', async () => {
    const { rows } = await db.pool.query<{ channel: string; state: string }>(
      'SELECT channel, state FROM alert_desk.deliveries WHERE alert_id = $1',
      [alertId],
    );
    if (rows.length === CHANNELS.length + 1 && rows.every(({ state }) => state === 'confirmed')) return true;
    await hurry();
    return false;
  });
const requestsOf = (channel: (typeof CHANNELS)[number], alertId: string) =>
  receivers[channel].received().filter((request) => request.body.includes(alertId));
const wrongOf = (alertId: string) =>
  brokenBy(
    CHANNELS.flatMap((channel) => toldBy(channel, requestsOf(channel, alertId))),
    CHANNELS,
  );

const CASES = DELIVERY_STEPS.flatMap((step) =>
  (step.startsWith('deliver: ') ? [...CHANNELS, 'station'] : ['']).map((channel) => ({ step, channel })),
);

describe('kill -9 in the act', () => {
  test.each(CASES)(
    'at "$step" $channel: each channel is told, at most twice, under one key',
    {
      timeout: TEST_LIMIT_MS,
    },
    async (at) => {
      station = await watchingStation(broker.endpoints.mqtt, ward);
      const doomed = await start({ at });
      const alertId = await raise();
      // A station that has said that it shows the alert is not looked after: for that, it has to be silent for once.
      const isKilled = doomed.ended.then((signal) => expect(signal).toBe('SIGKILL'));
      if (at.channel === 'station') await silenceUntil(doomed, alertId);
      await isKilled;
      await letGo();
      await start();
      await settled(alertId);
      expect(wrongOf(alertId)).toEqual([]);
      const newest = station.shown.at(-1);
      expect(newest?.alerts.map((alert) => alert.alertId)).toContain(alertId);
      const { rows } = await db.pool.query('SELECT revision FROM alert_desk.wards WHERE ward = $1', [ward]);
      expect(newest?.revision).toBe(Number(rows[0].revision));
    },
  );
});

/** The delivery to the station comes due before anybody has said that it is shown. */
async function silenceUntil(doomed: Deliverer, alertId: string): Promise<void> {
  let isOver = false;
  void doomed.ended.then(() => {
    isOver = true;
  });
  await eventually('the process to come to the step', async () => {
    await db.pool.query(
      `UPDATE alert_desk.deliveries SET state = 'sent', settled_at = NULL WHERE alert_id = $1 AND channel = 'station' AND NOT $2`,
      [alertId, isOver],
    );
    await hurry();
    await db.pool.query(
      `SELECT pgmq.send('alert_deliveries', jsonb_build_object('deliveryId', delivery_id)) FROM alert_desk.deliveries
       WHERE alert_id = $1 AND channel = 'station' AND NOT $2`,
      [alertId, isOver],
    );
    return isOver;
  });
}

describe('mutants', () => {
  test('one that marks a delivery before it is sent loses it', { timeout: TEST_LIMIT_MS }, async () => {
    station = await watchingStation(broker.endpoints.mqtt, ward);
    const doomed = await start({ mutant: 'marked before sent' });
    const alertId = await raise();
    expect(await doomed.ended).toBe('SIGKILL');
    await letGo();
    await start();
    await settled(alertId);
    expect(wrongOf(alertId)).toEqual(['phones: not delivered']);
  });

  test('one that makes a new key for each attempt tells it twice', { timeout: TEST_LIMIT_MS }, async () => {
    station = await watchingStation(broker.endpoints.mqtt, ward);
    const doomed = await start({ at: { step: 'deliver: sent', channel: 'phones' }, mutant: 'a new key each attempt' });
    const alertId = await raise();
    expect(await doomed.ended).toBe('SIGKILL');
    await letGo();
    await start({ mutant: 'a new key each attempt' });
    await settled(alertId);
    expect(wrongOf(alertId)).toEqual(['phones: 2 keys']);
  });

  test.each([
    ['none', 0],
    ['not looked at again', 1],
  ])(
    'of one that is %s, an alert that was acknowledged meanwhile is asked for %d times',
    {
      timeout: TEST_LIMIT_MS,
    },
    async (mutant, asked) => {
      const doomed = await start({ at: { step: 'plan: deliveries stored' } });
      const alertId = await raise();
      await doomed.ended;
      const who = { id: 'ada', role: 'nurse' };
      const said = { type: 'acknowledge', key: alertId, who, why: 'seen', expectedVersion: 1 } as const;
      expect(await obeyCommand(alertId, said, context())).toMatchObject({ ok: true });
      await letGo();
      await start({ mutant });
      await eventually('nothing to be open', async () => {
        await hurry();
        const { rowCount } = await db.pool.query(
          `SELECT FROM alert_desk.deliveries WHERE alert_id = $1 AND state IN ('pending', 'sent') AND channel <> 'station'`,
          [alertId],
        );
        return rowCount === 0;
      });
      const asks = requestsOf('phones', alertId).filter(({ body }) => JSON.parse(body).type === 'alert.ask');
      expect(asks).toHaveLength(asked);
    },
  );
});
