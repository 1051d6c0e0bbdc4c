import { type DeliveryContext, STAGE } from './delivery-context.ts';
import type { Receipt } from './receipt.ts';
import { sendAlarms } from './settle-store.ts';

/**
 * What a revision shows is confirmed up to it; a revision that was never told is nobody's. That nobody looks is over when somebody
 * shows what was there when it was found out.
 */
const TAKE = `
  WITH seen AS (
    INSERT INTO alert_desk.station_receipts AS known (ward, revision, station_id)
    SELECT $1, $2::bigint, $3
    WHERE $2::bigint <= coalesce((SELECT revision FROM alert_desk.wards WHERE ward = $1), 0)
    ON CONFLICT (ward) DO UPDATE SET revision = EXCLUDED.revision, station_id = EXCLUDED.station_id, at = clock_timestamp()
      WHERE known.revision <= EXCLUDED.revision
    RETURNING ward, revision
  ), confirmed AS (
    UPDATE alert_desk.deliveries AS d
    SET state = 'confirmed', settled_at = clock_timestamp(), claimed_until = NULL, last_error = NULL
    FROM seen WHERE d.ward = seen.ward AND d.ward_revision <= seen.revision AND d.state IN ('pending', 'sent')
    RETURNING extract(epoch FROM clock_timestamp() - d.created_at)::float8 * 1000 AS took_ms
  ), over AS (
    UPDATE alert_desk.channel_alarms AS a SET over_at = clock_timestamp()
    FROM seen WHERE a.ward = seen.ward AND a.channel = $4 AND a.over_at IS NULL AND a.ward_revision <= seen.revision
    RETURNING a.ward, a.channel, a.occurrence
  ), told AS (${sendAlarms('over')})
  SELECT EXISTS (SELECT FROM seen) AS "isNew", ARRAY(SELECT took_ms FROM confirmed) AS "tookMs",
    (SELECT count(*) FROM told)::int AS over`;

/** @returns how many deliveries it confirms. @throws TransientError: all of it or nothing */
export async function takeReceipt(
  { ward, revision, stationId }: Receipt & { readonly ward: string },
  channel: string,
  { database, recordMetric }: DeliveryContext,
): Promise<number> {
  const startedAt = performance.now();
  const [row] = await database.query<{ tookMs: number[] }>({
    name: 'take-receipt',
    text: TAKE,
    values: [ward, String(revision), stationId, channel],
  });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  for (const tookMs of row?.tookMs ?? []) {
    recordMetric('notification_deliveries_total', 1, { channel, outcome: 'confirmed' });
    recordMetric('notification_delivery_ms', tookMs, { channel });
  }
  return row?.tookMs.length ?? 0;
}
