import { type DeliveryContext, STAGE } from './delivery-context.ts';
import type { Notice } from './told-alert.ts';

/** Who is at a delivery has it for so long; who dies at it keeps it so long from others. Above the function's time. */
const CLAIM_MS = 7_500;

export interface ClaimedDelivery extends Omit<Notice, 'alert'> {
  readonly notificationId: string;
  readonly alertId: string;
  readonly channel: string;
  readonly ward: string;
  /** This one included. */
  readonly attempts: number;
  readonly ageMs: number;
  /** Of the station: the revision that shows it has been on a screen. */
  readonly isSeen: boolean;
  /** That the channel does not confirm for this ward is known, and an alert by now. */
  readonly isAlarmed: boolean;
  /** What an earlier attempt has sent, where that is kept. */
  readonly body: string | null;
}

/**
 * What is said of an alert on a channel is claimed by one at a time, in one order: two who do not yet see each other's claims would
 * both send, and whoever is told that it is over could then hear that it begins.
 */
const LOCK = `
  SELECT pg_advisory_xact_lock(lane) FROM (
    SELECT DISTINCT hashtextextended(alert_id::text || ' ' || channel, 0) AS lane FROM alert_desk.deliveries
    WHERE delivery_id = ANY($1::uuid[]) AND state IN ('pending', 'sent') ORDER BY lane) AS lanes`;

/**
 * Takes what is due, counts the attempt, and says what another has: a delivery, or one of the same alert on the same channel, so
 * that what is said of an alert is said one after the other: of one version first what is taken back, then who is asked. What has
 * come to its end, or waits, is in no row.
 */
const CLAIM = `
  WITH claimed AS (
    UPDATE alert_desk.deliveries AS d
    SET attempts = d.attempts + 1, claimed_until = clock_timestamp() + $2 * interval '1 ms'
    FROM (SELECT delivery_id FROM alert_desk.deliveries WHERE delivery_id = ANY($1::uuid[])
          ORDER BY delivery_id FOR UPDATE SKIP LOCKED) AS locked
    WHERE d.delivery_id = locked.delivery_id AND d.state IN ('pending', 'sent') AND d.next_at <= clock_timestamp()
      AND (d.claimed_until IS NULL OR d.claimed_until <= clock_timestamp())
      AND NOT EXISTS (
        SELECT FROM alert_desk.deliveries AS other
        WHERE other.alert_id = d.alert_id AND other.channel = d.channel AND other.delivery_id <> d.delivery_id
          AND other.state IN ('pending', 'sent') AND other.claimed_until > clock_timestamp())
    RETURNING d.delivery_id, d.attempts
  )
  SELECT d.delivery_id::text AS "deliveryId", claimed.attempts, d.notification_id::text AS "notificationId", d.alert_id::text AS "alertId", d.version, d.kind, d.channel,
    d.ward, n.role, n.people, n.group_id::text AS "groupId", n.group_count AS "groupCount", n.is_louder AS "isLouder",
    extract(epoch FROM clock_timestamp() - d.created_at)::float8 * 1000 AS "ageMs", d.body,
    coalesce(r.revision >= d.ward_revision, false) AS "isSeen",
    EXISTS (SELECT FROM alert_desk.channel_alarms AS a
            WHERE a.ward = d.ward AND a.channel = d.channel AND a.over_at IS NULL) AS "isAlarmed"
  FROM alert_desk.deliveries AS d
    JOIN alert_desk.notifications AS n USING (notification_id)
    LEFT JOIN claimed USING (delivery_id)
    LEFT JOIN alert_desk.station_receipts AS r ON r.ward = d.ward
  WHERE d.delivery_id = ANY($1::uuid[])
    AND (claimed.delivery_id IS NOT NULL OR (d.state IN ('pending', 'sent') AND d.next_at <= clock_timestamp()))
  ORDER BY d.version, d.kind <> 'retract', d.delivery_id`;

type Row = Omit<ClaimedDelivery, 'attempts' | 'group'> & {
  readonly attempts: number | null;
  readonly groupId: string | null;
  readonly groupCount: number | null;
  readonly isLouder: boolean;
} & Record<string, unknown>;

/** `held`: somebody else is at it, or died at it of late. */
export async function claimDeliveries(
  deliveryIds: readonly string[],
  { database, recordMetric }: DeliveryContext,
): Promise<{ readonly claimed: readonly ClaimedDelivery[]; readonly held: ReadonlySet<string> }> {
  const startedAt = performance.now();
  const rows = await database.transaction(async (tx) => {
    await tx.query({ name: 'lock-lanes', text: LOCK, values: [deliveryIds] });
    return await tx.query<Row>({ name: 'claim-deliveries', text: CLAIM, values: [deliveryIds, CLAIM_MS] });
  });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  const claimed: ClaimedDelivery[] = [];
  const held = new Set<string>();
  for (const { attempts, groupId, groupCount, isLouder, ...row } of rows) {
    const group = groupId === null ? null : { id: groupId, count: groupCount ?? 1, isLouder };
    if (attempts === null) held.add(row.deliveryId);
    else claimed.push({ ...row, attempts, group });
  }
  return { claimed, held };
}

const RELEASE = `
  UPDATE alert_desk.deliveries SET attempts = attempts - 1, claimed_until = NULL
  WHERE delivery_id = ANY($1::uuid[]) AND state IN ('pending', 'sent')`;

/** Gives back what was claimed and not begun. */
export async function releaseDeliveries(deliveryIds: readonly string[], { database }: DeliveryContext): Promise<void> {
  if (deliveryIds.length === 0) return;
  await database.query({ name: 'release-deliveries', text: RELEASE, values: [deliveryIds] });
}

const KEEP = `
  UPDATE alert_desk.deliveries SET body = coalesce(body, $2)
  WHERE delivery_id = $1 AND state IN ('pending', 'sent') RETURNING body`;

/** @returns what is sent of it, by whoever came first; undefined: it has come to its end */
export async function keepBody(id: string, body: string, { database }: DeliveryContext): Promise<string | undefined> {
  const [row] = await database.query<{ body: string }>({ name: 'keep-body', text: KEEP, values: [id, body] });
  return row?.body;
}
