import type { Severity } from '../alerts/alert-kinds.ts';
import { DELIVERIES_QUEUE, type DeliveryContext, STAGE } from './delivery-context.ts';
import type { Notice } from './told-alert.ts';

export interface NotificationToPlan {
  readonly notificationId: string;
  readonly kind: Notice['kind'];
  readonly ward: string;
  readonly role: string | null;
  readonly priority: Severity;
  readonly isLouder: boolean;
  /** Channels on which something was said of the alert, or is about to be. */
  readonly toldOn: readonly string[];
}

const READ = `
  SELECT notification_id::text AS "notificationId", kind, ward, role, priority, is_louder AS "isLouder",
    ARRAY(SELECT DISTINCT channel FROM alert_desk.deliveries AS d
          WHERE d.alert_id = n.alert_id AND NOT (d.state = 'superseded' AND d.attempts = 0)) AS "toldOn"
  FROM alert_desk.notifications AS n
  WHERE notification_id = ANY($1::uuid[])`;

export async function notificationsToPlan(
  ids: readonly string[],
  { database, recordMetric }: DeliveryContext,
): Promise<NotificationToPlan[]> {
  const startedAt = performance.now();
  const statement = { name: 'notifications-to-plan', text: READ, values: [ids] };
  const rows = await database.query<NotificationToPlan & Record<string, unknown>>(statement);
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return rows;
}

export interface PlannedDelivery {
  readonly deliveryId: string;
  readonly notificationId: string;
  readonly channel: string;
  readonly isStation: boolean;
  /** Somebody else is told where this channel does not confirm. */
  readonly isRedirected: boolean;
  /** Until it is first looked at. */
  readonly afterMs: number;
}

/**
 * The rows and their messages in one statement, so that neither is without the other. What the station has shown by now is confirmed
 * already; where nobody looks at the ward, as an alarm says, nobody is waited for. A delivery that is there stays as it is, and gets
 * no second message.
 */
const STORE = `
  WITH planned AS (
    INSERT INTO alert_desk.deliveries
      (delivery_id, notification_id, alert_id, version, kind, channel, ward, state, ward_revision, next_at, settled_at)
    SELECT p.delivery_id, n.notification_id, n.alert_id, n.version, n.kind, p.channel, n.ward,
      CASE WHEN NOT p.is_station THEN 'pending' WHEN r.revision >= w.revision THEN 'confirmed'
        WHEN a.channel IS NOT NULL AND NOT p.is_redirected THEN 'failed' ELSE 'pending' END,
      CASE WHEN p.is_station THEN coalesce(w.revision, 0) END,
      clock_timestamp() + p.after_ms * interval '1 ms',
      CASE WHEN p.is_station AND (r.revision >= w.revision OR a.channel IS NOT NULL AND NOT p.is_redirected)
        THEN clock_timestamp() END
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[], $5::boolean[], $6::float8[])
        AS p (delivery_id, notification_id, channel, is_station, is_redirected, after_ms)
      JOIN alert_desk.notifications AS n USING (notification_id)
      LEFT JOIN alert_desk.wards AS w ON w.ward = n.ward
      LEFT JOIN alert_desk.station_receipts AS r ON r.ward = n.ward
      LEFT JOIN alert_desk.channel_alarms AS a ON a.ward = n.ward AND a.channel = p.channel AND a.over_at IS NULL
    ORDER BY p.delivery_id
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, next_at, state
  )
  SELECT pgmq.send('${DELIVERIES_QUEUE}', jsonb_build_object('deliveryId', delivery_id), next_at)
  FROM planned WHERE state = 'pending'`;

/** A receipt that came while the rows were being stored saw neither them nor they it. */
const CONFIRM_SHOWN = `
  UPDATE alert_desk.deliveries AS d SET state = 'confirmed', settled_at = clock_timestamp()
  FROM alert_desk.station_receipts AS r
  WHERE d.delivery_id = ANY($1::uuid[]) AND d.ward_revision IS NOT NULL AND d.state IN ('pending', 'sent')
    AND r.ward = d.ward AND r.revision >= d.ward_revision`;

/** @returns how many are to be delivered now that were not before */
export async function storeDeliveries(
  planned: readonly PlannedDelivery[],
  { database, recordMetric }: DeliveryContext,
): Promise<number> {
  if (planned.length === 0) return 0;
  const startedAt = performance.now();
  const sent = await database.query({
    name: 'store-deliveries',
    text: STORE,
    values: [
      planned.map(({ deliveryId }) => deliveryId),
      planned.map(({ notificationId }) => notificationId),
      planned.map(({ channel }) => channel),
      planned.map(({ isStation }) => isStation),
      planned.map(({ isRedirected }) => isRedirected),
      planned.map(({ afterMs }) => afterMs),
    ],
  });
  const stations = planned.flatMap(({ isStation, deliveryId }) => (isStation ? [deliveryId] : []));
  if (stations.length > 0) {
    await database.query({ name: 'confirm-shown', text: CONFIRM_SHOWN, values: [stations] });
  }
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  return sent.length;
}
