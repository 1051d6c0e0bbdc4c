import { afterAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../localstack/testing/eventually.ts';
import type { Worker } from '../../localstack/worker/start-worker.ts';
import type { AlertState } from '../../shared/alert-desk/alert-state.ts';
import { eventOf } from '../../shared/alert-desk/lifecycle-model.ts';
import { nextDueAtMs } from '../../shared/alert-desk/timers.ts';
import { forgetConfig } from '../../shared/config.ts';
import { nameUuid } from '../../shared/name-uuid.ts';
import { closePublishers, publishToStream } from '../../shared/stream/process-publisher.ts';
import type { AlertEvent } from '../../shared/vitals/alert-event.ts';
import { throughBroker } from '../testing/through-broker.ts';

const TEST_LIMIT_MS = 180_000;
const DEADLINE_MS = 90_000;
const ALERTS = 60;
const KILLS = 4;
const NAMESPACE = Buffer.alloc(16);
const PRIORITIES = ['low', 'medium', 'high'] as const;

const stage = throughBroker();
afterAll(async () => {
  await closePublishers();
  vi.unstubAllEnvs();
  forgetConfig();
});

/** Each alert begins, changes and ends; three patients of four have alerts beside each other. */
const EVENTS: readonly AlertEvent[] = (['start', 'update', 'end'] as const).flatMap((type, index) =>
  Array.from({ length: ALERTS }, (_, number) =>
    eventOf({
      ...{ type, sequence: index + 1, priority: PRIORITIES[(number + index) % 3] ?? 'low' },
      eventId: nameUuid(NAMESPACE, `event ${number} ${index}`),
      alertId: nameUuid(NAMESPACE, `alert ${number}`),
      patientId: `p-${number % 20}`,
      condition: `threshold/${number}`,
      ward: `icu-${1 + ((number % 20) % 4)}`,
    }),
  ),
);

async function publish(events: readonly AlertEvent[]): Promise<void> {
  vi.stubEnv('HEARTLINE_STREAM_URL', stage.broker.endpoints.stream);
  forgetConfig();
  for (const event of events) {
    await publishToStream('alerts', { partitionBy: event.ward, key: event.patientId, value: event, properties: {} });
  }
}

const count = async (from: string): Promise<number> =>
  (await stage.db.pool.query(`SELECT count(*)::int AS n FROM ${from}`)).rows[0].n;
const works = (): Promise<Worker> =>
  stage.work({ function: 'publish-alerts', settings: { HEARTLINE_PUBLISH_ALERTS_BATCH_SIZE: '4' } });

/** kill -9, as soon as more is done than before. */
async function killAfterMore(worker: Worker): Promise<void> {
  const before = await count('alert_desk.history');
  await eventually('more to be done', async () => (await count('alert_desk.history')) > before, DEADLINE_MS);
  const victim = worker.replicas().find(({ state, pid }) => state === 'ready' && pid !== undefined);
  if (victim?.pid !== undefined) process.kill(victim.pid, 'SIGKILL');
}

describe('publish-alerts, through the broker', { timeout: TEST_LIMIT_MS }, () => {
  test('killed again and again in the middle: each event is taken once, with what has to be told, and timed', async () => {
    const worker = await works();
    const sending = publish(EVENTS);
    for (let kill = 0; kill < KILLS; kill += 1) await killAfterMore(worker);
    await sending;
    const isDone = async () =>
      (await count(`alert_desk.alerts WHERE rule = 'threshold' AND phase <> 'active'`)) === ALERTS;
    await eventually('all alerts to be over', isDone, DEADLINE_MS);

    const { rows: alerts } = await stage.db.pool.query<{ alert_id: string; version: number; state: AlertState }>(
      'SELECT alert_id, version, state FROM alert_desk.alerts',
    );
    // Of each alert every version once, and no other.
    const { rows: histories } = await stage.db.pool.query(
      'SELECT alert_id, count(*)::int AS entries, max(version) AS last FROM alert_desk.history GROUP BY 1',
    );
    expect(histories).toHaveLength(alerts.length);
    const versions = new Map(alerts.map(({ alert_id, version }) => [alert_id, version]));
    for (const { alert_id, entries, last } of histories) {
      expect([entries, last]).toEqual([versions.get(alert_id), versions.get(alert_id)]);
    }
    // What has to be told and its message are one.
    const told = await count('alert_desk.notifications');
    expect(
      await count(`pgmq.q_alert_notifications AS q JOIN alert_desk.notifications AS n
      ON n.notification_id = (q.message->>'notificationId')::uuid`),
    ).toBe(told);
    expect(await count('pgmq.q_alert_notifications')).toBe(told);
    // Whatever is due has a timer.
    const { rows: timers } = await stage.db.pool.query('SELECT message FROM pgmq.q_alert_timers');
    const set = new Set(timers.map(({ message }) => `${message.alertId} ${message.dueAtMs}`));
    for (const { alert_id, state } of alerts) {
      const dueAtMs = nextDueAtMs(state);
      if (dueAtMs !== null) expect(set, alert_id).toContain(`${alert_id} ${dueAtMs}`);
    }
    // Each change of a ward had its revision.
    const { rows: wards } = await stage.db.pool.query(
      `SELECT w.ward, w.revision::int, (SELECT count(DISTINCT q.message->>'revision')::int FROM pgmq.q_alert_wards AS q
        WHERE q.message->>'ward' = w.ward) AS told FROM alert_desk.wards AS w`,
    );
    for (const { revision, told: messages } of wards) expect(messages).toBe(revision);
  });
});
