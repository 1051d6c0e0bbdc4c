import { type DeliveryContext, STAGE, WARDS_QUEUE } from './delivery-context.ts';

/** The deliveries that this revision shows are on their way from now on; and how far the ward is by now. */
const PUBLISHED = `
  WITH sent AS (
    UPDATE alert_desk.deliveries SET state = 'sent'
    WHERE ward = $1 AND ward_revision <= $2::bigint AND state = 'pending' AND ward_revision IS NOT NULL
  )
  SELECT coalesce((SELECT revision FROM alert_desk.wards WHERE ward = $1), 0)::text AS revision`;

/** @returns the ward's revision */
export async function notePublished(
  ward: string,
  revision: number,
  { database, recordMetric }: DeliveryContext,
): Promise<number> {
  const startedAt = performance.now();
  const statement = { name: 'note-published', text: PUBLISHED, values: [ward, String(revision)] };
  const [row] = await database.query<{ revision: string }>(statement);
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  return Number(row?.revision ?? 0);
}

const ASK = `
  SELECT pgmq.send('${WARDS_QUEUE}', jsonb_build_object('ward', ward, 'revision', 0)) FROM unnest($1::text[]) AS w (ward)`;

/** Asks for these wards to be pushed, whatever was before: nobody knows what a broker still retains. */
export async function askForPush(wards: readonly string[], { database }: DeliveryContext): Promise<void> {
  await database.query({ name: 'ask-for-push', text: ASK, values: [wards] });
}
