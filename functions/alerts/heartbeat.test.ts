import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { channelsFile } from '../../shared/alert-delivery/channel-settings.ts';
import { takePulses } from '../../shared/alert-delivery/pulse-store.ts';
import { pushHeartbeat } from '../../shared/alert-delivery/push-heartbeat.ts';
import type { Channel } from '../../shared/alert-delivery/read-channels.ts';
import { takeEvents } from '../../shared/alert-desk/alert-desk-store.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { telemetry } from '../../shared/telemetry.ts';
import { anAlertEvent } from '../../shared/testing/alert-events.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { type Receiver, receiver } from '../testing/receiver.ts';

let db: TestDatabase;
let monitoring: Receiver;
let channels: Channel[];
beforeAll(async () => {
  [db, monitoring] = await Promise.all([testDatabase(), receiver()]);
  await useDatabase(db.url, { HEARTLINE_LOG_LEVEL: 'error' });
  const settings = [{ name: 'monitoring', type: 'alertmanager', url: monitoring.url, priorities: ['high'] }];
  channels = channelsFile
    .parse({ channels: settings })
    .map((one) => (one.type === 'station' ? one : { ...one, secret: '' }));
});
beforeEach(async () => {
  monitoring.forget();
  await db.pool.query('TRUNCATE alert_desk.pulses');
  await db.pool.query(`SELECT pgmq.purge_queue('alert_heartbeats')`);
});
afterAll(async () => {
  await releaseDatabase();
  await monitoring.close();
  await db.drop();
});

const context = () => ({ database: database(), recordMetric: () => undefined });
const pulse = (ageMs = 0) => {
  const at = new Date(Date.now() - ageMs).toISOString();
  return takePulses([{ pulse: at, judgedAt: at, ward: 'icu-2' }], context());
};
const asked = async () => (await db.pool.query('SELECT message FROM pgmq.q_alert_heartbeats')).rowCount;

/** What stations are told. */
async function push(): Promise<[topic: string, value: object][]> {
  const told: [string, object][] = [];
  const parts = {
    ...context(),
    channels,
    nowMs: () => Date.now(),
    publish: async (topic: string, value: object) => void told.push([topic, value]),
  };
  await pushHeartbeat('alerts-w1', parts, telemetry());
  return told;
}

test('pulses of each second, a heartbeat of every fifth', async () => {
  await pulse();
  await pulse();
  expect(await asked()).toBe(1);
  await db.pool.query(`UPDATE alert_desk.pulses SET told_at = told_at - interval '5 s'`);
  await pulse();
  expect(await asked()).toBe(2);
});

test('each ward of the partition hears of it, and no other', async () => {
  await pulse(200);
  const told = await push();
  expect(told.map(([topic]) => topic)).toContain('station/icu-2/heartbeat');
  expect(told.map(([topic]) => topic)).not.toContain('station/icu-1/heartbeat');
  expect(told[0]?.[1]).toMatchObject({ at: expect.any(String), lagMs: expect.any(Number) });
});

test('an old pulse that comes after a newer one changes nothing', async () => {
  await pulse(0);
  await pulse(60_000);
  expect(await push()).not.toEqual([]);
});

test('what goes on is said again, with a watchdog; by a pulse that took too long no heart beats, and no watchdog barks', async () => {
  const [high, low] = [anAlertEvent({ ward: 'icu-2' }), anAlertEvent({ ward: 'icu-2', priority: 'low' })];
  await takeEvents(
    [high, low].map((event) => ({ event, traceparent: '' })),
    context(),
  );
  await pulse();
  await push();
  await push();
  const said = monitoring.received().map(({ body }) => JSON.parse(body));
  expect(said, 'not before half a minute').toHaveLength(1);
  const ids = said[0].map(({ labels }: { labels: Record<string, string> }) => labels['alertId'] ?? labels['alertname']);
  expect(ids).toContain('Watchdog');
  expect(ids).toContain(high.alertId);
  expect(ids).not.toContain(low.alertId);

  await db.pool.query('TRUNCATE alert_desk.pulses');
  monitoring.forget();
  await pulse(11_000);
  expect(await push()).toEqual([]);
  const late = JSON.parse(monitoring.received()[0]?.body ?? '[]');
  expect(late.map(({ labels }: { labels: Record<string, string> }) => labels['alertname'])).not.toContain('Watchdog');
  expect(late.length).toBeGreaterThan(0);
});
