import { readFileSync } from 'node:fs';
import pg from 'pg';
import { eventually } from '../testing/eventually.ts';
import { startFunctions } from '../testing/functions.ts';
import type { BenchContext, BenchResult } from './bench-result.ts';

const QUEUED = 20_000;
const TARGET_MB = 250;
const KB_PER_MB = 1024;
const DRAIN_DEADLINE_MS = 120_000;

/** The peak memory of the process that runs the functions while it drains a backlog (Linux). */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    progress.step('bench', `queueing ${QUEUED} alerts`);
    await client.query(QUEUE_ALERTS, [QUEUED]);
    return [await drain(client, databaseUrl)];
  } finally {
    await client.end();
  }
}

async function drain(client: pg.Client, databaseUrl: string): Promise<BenchResult> {
  const started = performance.now();
  const functions = await startFunctions(databaseUrl);
  try {
    const readyAfterMs = performance.now() - started;
    let peakKb = 0;
    await eventually(
      'the queue to be drained',
      async () => {
        peakKb = Math.max(peakKb, memoryKb(functions.pid, 'VmRSS'));
        return (await left(client)) === 0;
      },
      DRAIN_DEADLINE_MS,
    );
    const seconds = (performance.now() - started) / 1000;
    const peakMb = peakKb / KB_PER_MB;
    const startMb = memoryKb(functions.pid, 'VmHWM') / KB_PER_MB;
    return {
      name: `peak memory while draining ${QUEUED} queued alerts`,
      target: `< ${TARGET_MB} MB`,
      measured: `${peakMb.toFixed(0)} MB`,
      holds: peakMb < TARGET_MB,
      detail: `the whole serverless offline process (at most ${startMb.toFixed(0)} MB since its start); drained ${seconds.toFixed(1)} s after its start (up after ${(readyAfterMs / 1000).toFixed(1)} s)`,
    };
  } finally {
    await functions.stop();
  }
}

/** Alerts and their messages as the ingest leaves them. */
const QUEUE_ALERTS = `
  WITH stored AS (
    INSERT INTO db_first.alerts (event_id, patient_id, device_id, ward, kind, severity, detected_at, evidence, fingerprint)
    SELECT gen_random_uuid(), 'patient-' || n % 500, 'monitor-1', 'icu-1', 'VT', 'high', now(), '{"rrMs": [352, 348]}',
           sha256(n::text::bytea)
    FROM generate_series(1, $1::int) AS n
    RETURNING *
  )
  SELECT count(*) FROM stored CROSS JOIN LATERAL pgmq.send('db_first_alerts', jsonb_build_object(
    'eventId', event_id, 'patientId', patient_id, 'deviceId', device_id, 'ward', ward, 'kind', kind, 'severity', severity,
    'detectedAt', to_char(detected_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'storedAt', stored_at,
    'traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'))`;

async function left(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM pgmq.q_db_first_alerts');
  return rows[0]?.n ?? Number.NaN;
}

/** Resident memory now (VmRSS) or at its highest since the start (VmHWM), from the kernel. */
function memoryKb(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
}
