// How a delivery comes to its end, or to its next attempt: each with the messages that follow, in one statement.
import type { Statement } from '../postgres/database.ts';
import { DELIVERIES_QUEUE, type DeliveryContext, STAGE, WARDS_QUEUE } from './delivery-context.ts';

const OPEN = `state IN ('pending', 'sent')`;

/** `{alarm: {ward, channel, occurrence}}` of each row of `source`. */
export const sendAlarms = (source: string) => `
  SELECT pgmq.send('${DELIVERIES_QUEUE}',
    jsonb_build_object('alarm', jsonb_build_object('ward', ward, 'channel', channel, 'occurrence', occurrence)))
  FROM ${source}`;

const CONFIRM = `
  WITH confirmed AS (
    UPDATE alert_desk.deliveries SET state = 'confirmed', settled_at = clock_timestamp(), claimed_until = NULL, last_error = NULL, body = NULL
    WHERE delivery_id = $1 AND ${OPEN}
    RETURNING ward, channel, created_at, settled_at
  ), over AS (
    UPDATE alert_desk.channel_alarms AS a SET over_at = clock_timestamp()
    FROM confirmed WHERE a.ward = confirmed.ward AND a.channel = confirmed.channel AND a.over_at IS NULL
    RETURNING a.ward, a.channel, a.occurrence
  ), told AS (${sendAlarms('over')})
  SELECT extract(epoch FROM settled_at - created_at)::float8 * 1000 AS took_ms, (SELECT count(*) FROM told) AS told FROM confirmed`;

const SUPERSEDE = `
  UPDATE alert_desk.deliveries SET state = 'superseded', settled_at = clock_timestamp(), claimed_until = NULL, attempts = attempts - 1, body = NULL
  WHERE delivery_id = $1 AND ${OPEN}`;

const AGAIN = `
  WITH waiting AS (
    UPDATE alert_desk.deliveries
    SET next_at = clock_timestamp() + $2 * interval '1 ms', claimed_until = NULL, last_error = $3
    WHERE delivery_id = $1 AND ${OPEN}
    RETURNING delivery_id, next_at, ward, ward_revision
  ), pushed AS (
    SELECT pgmq.send('${WARDS_QUEUE}', jsonb_build_object('ward', ward, 'revision', ward_revision))
    FROM waiting WHERE ward_revision IS NOT NULL
  )
  SELECT pgmq.send('${DELIVERIES_QUEUE}', jsonb_build_object('deliveryId', delivery_id), next_at),
    (SELECT count(*) FROM pushed) AS pushed
  FROM waiting`;

/** One alarm a ward and channel while it is open, however much fails. A redirection to where the notification is already adds nothing. */
const GIVE_UP = `
  WITH given_up AS (
    UPDATE alert_desk.deliveries
    SET state = CASE WHEN $3::text IS NULL THEN 'failed' ELSE 'redirected' END, last_error = $2,
      settled_at = clock_timestamp(), claimed_until = NULL, body = NULL
    WHERE delivery_id = $1 AND ${OPEN}
    RETURNING *
  ), redirected AS (
    INSERT INTO alert_desk.deliveries
      (delivery_id, notification_id, alert_id, version, kind, channel, ward, ward_revision, redirected_from, next_at)
    SELECT $4::uuid, g.notification_id, g.alert_id, g.version, g.kind, $3, g.ward,
      CASE WHEN $5 THEN coalesce((SELECT revision FROM alert_desk.wards AS w WHERE w.ward = g.ward), 0) END, g.channel,
      clock_timestamp() + $6 * interval '1 ms'
    FROM given_up AS g WHERE $3::text IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, next_at
  ), sent AS (
    SELECT pgmq.send('${DELIVERIES_QUEUE}', jsonb_build_object('deliveryId', delivery_id), next_at) FROM redirected
  ), raised AS (
    INSERT INTO alert_desk.channel_alarms (ward, channel, occurrence, error, priority, ward_revision)
    SELECT g.ward, g.channel,
      1 + coalesce((SELECT max(occurrence) FROM alert_desk.channel_alarms AS a WHERE a.ward = g.ward AND a.channel = g.channel), 0),
      $2, $7, coalesce((SELECT revision FROM alert_desk.wards AS w WHERE w.ward = g.ward), 0)
    FROM given_up AS g
    ON CONFLICT DO NOTHING
    RETURNING ward, channel, occurrence
  ), told AS (${sendAlarms('raised')})
  SELECT (SELECT count(*) FROM sent) AS sent, (SELECT count(*) FROM told) AS told FROM given_up`;

export interface GivenUp {
  readonly error: string;
  readonly redirect: {
    readonly channel: string;
    readonly deliveryId: string;
    readonly isStation: boolean;
    readonly afterMs: number;
  } | null;
  readonly priority: 'high' | 'medium';
}

async function run<Row extends Record<string, unknown>>(
  statement: Statement,
  { database, recordMetric }: DeliveryContext,
) {
  const startedAt = performance.now();
  const rows = await database.query<Row>(statement);
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  return rows;
}

/** What a delivery comes to. Each does nothing to one that has come to its end. @throws TransientError: all of it or nothing */
export const settle = {
  /** @returns how long it took; undefined: another has settled it */
  async confirmed(deliveryId: string, context: DeliveryContext): Promise<number | undefined> {
    const [row] = await run<{ took_ms: number }>(
      { name: 'confirm-delivery', text: CONFIRM, values: [deliveryId] },
      context,
    );
    return row?.took_ms;
  },
  async superseded(deliveryId: string, context: DeliveryContext): Promise<void> {
    await run({ name: 'supersede-delivery', text: SUPERSEDE, values: [deliveryId] }, context);
  },
  async again(deliveryId: string, { pauseMs, error }: { pauseMs: number; error: string }, context: DeliveryContext) {
    await run({ name: 'retry-delivery', text: AGAIN, values: [deliveryId, pauseMs, error] }, context);
  },
  async givenUp(deliveryId: string, { error, redirect, priority }: GivenUp, context: DeliveryContext): Promise<void> {
    const { channel = null, deliveryId: to = null, isStation = false, afterMs = 0 } = redirect ?? {};
    const values = [deliveryId, error, channel, to, isStation, afterMs, priority];
    await run({ name: 'give-up-delivery', text: GIVE_UP, values }, context);
  },
};
