import { partitionOf } from '../topology/partition-of.ts';
import { readTopology } from '../topology/read-topology.ts';
import type { JudgedPulse } from '../vitals/judged-pulse.ts';
import { SAY_AGAIN_MS } from './alertmanager.ts';
import { type DeliveryContext, HEARTBEATS_QUEUE, STAGE } from './delivery-context.ts';

/** A station shows after 15 s that it hears nothing: two may be lost. */
const TELL_EVERY_MS = 5_000;
/** A pulse a second, give or take: the fifth is not to wait for the sixth. */
const EARLY_MS = 500;

/** Of two pulses of a partition the later one stays; a heartbeat is asked for where the last one is long enough ago. */
const TAKE = `
  WITH taken AS (
    INSERT INTO alert_desk.pulses AS known (partition, pulsed_at, judged_at, delivered_at, told_at)
    SELECT partition, max(pulsed_at), max(judged_at), statement_timestamp(), statement_timestamp()
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS p (partition, pulsed_at, judged_at)
    GROUP BY partition ORDER BY partition
    ON CONFLICT (partition) DO UPDATE SET
      pulsed_at = greatest(known.pulsed_at, EXCLUDED.pulsed_at), judged_at = greatest(known.judged_at, EXCLUDED.judged_at),
      delivered_at = EXCLUDED.delivered_at,
      told_at = CASE WHEN known.told_at <= EXCLUDED.told_at - $4 * interval '1 ms' THEN EXCLUDED.told_at ELSE known.told_at END
    RETURNING partition, told_at = delivered_at AS is_due
  )
  SELECT pgmq.send('${HEARTBEATS_QUEUE}', jsonb_build_object('partition', partition)) FROM taken WHERE is_due`;

/** Pulses that came all the way. @throws TransientError when the database is away or slow */
export async function takePulses(
  pulses: readonly JudgedPulse[],
  { database, recordMetric }: DeliveryContext,
): Promise<void> {
  if (pulses.length === 0) return;
  const topology = readTopology();
  const startedAt = performance.now();
  await database.query({
    name: 'take-pulses',
    text: TAKE,
    values: [
      pulses.map(({ ward }) => partitionOf(topology, 'alerts', ward)),
      pulses.map(({ pulse }) => pulse),
      pulses.map(({ judgedAt }) => judgedAt),
      TELL_EVERY_MS - EARLY_MS,
    ],
  });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
}

export interface ArrivedPulse {
  readonly partition: string;
  readonly pulsedAt: Date;
  readonly judgedAt: Date;
  readonly deliveredAt: Date;
  /** Wards of the desk, of any partition. */
  readonly wards: readonly string[];
  /** This caller is the one that says again what goes on. */
  readonly isToRepeat: boolean;
}

const READ = `
  WITH repeated AS (
    UPDATE alert_desk.pulses SET repeated_at = clock_timestamp()
    WHERE partition = $1 AND repeated_at <= clock_timestamp() - $2 * interval '1 ms'
    RETURNING partition
  )
  SELECT partition, pulsed_at AS "pulsedAt", judged_at AS "judgedAt", delivered_at AS "deliveredAt",
    ARRAY(SELECT ward FROM alert_desk.wards) AS wards, EXISTS (SELECT FROM repeated) AS "isToRepeat"
  FROM alert_desk.pulses WHERE partition = $1`;

export async function arrivedPulse(
  partition: string,
  { database, recordMetric }: DeliveryContext,
): Promise<ArrivedPulse | undefined> {
  const startedAt = performance.now();
  const statement = { name: 'arrived-pulse', text: READ, values: [partition, SAY_AGAIN_MS - EARLY_MS] };
  const [row] = await database.query<ArrivedPulse & Record<string, unknown>>(statement);
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return row;
}
