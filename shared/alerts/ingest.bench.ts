import pg from 'pg';
import { type BenchContext, type BenchResult, measureRatio } from '../../localstack/bench/bench-result.ts';
import { createDatabase } from '../postgres/database.ts';
import { anAlert } from '../testing/alerts.ts';
import { alertFingerprint } from './alert-message.ts';
import { storeAlert } from './alert-store.ts';

/** The stage is meant for 30 to 60 requests a second; eight at once keep two cores and the disk busy. */
const CONCURRENCY = 8;
const ALERTS_A_ROUND = 1_000;
const ROUNDS = 7;
const TARGET = 0.8;
const TIMEOUT_MS = 30_000;
const MS_PER_SECOND = 1_000;
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** Operations a second when CONCURRENCY workers share ALERTS_A_ROUND operations. */
async function rateOf(operation: () => Promise<unknown>): Promise<number> {
  let left = ALERTS_A_ROUND;
  const startedAt = performance.now();
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await operation();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return (ALERTS_A_ROUND * MS_PER_SECOND) / (performance.now() - startedAt);
}

const BARE_STATEMENT = `
  WITH stored AS (
    INSERT INTO db_first.alerts
      (event_id, patient_id, device_id, ward, kind, severity, detected_at, evidence, fingerprint)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    RETURNING event_id
  )
  SELECT pgmq.send('db_first_alerts', $10::jsonb) FROM stored`;

/** The same two writes in one hand-written statement: no round trip to save, so what the store adds shows. */
async function bareStatement(pool: pg.Pool): Promise<void> {
  const { evidence, ...alert } = anAlert();
  const fingerprint = Buffer.from(alertFingerprint(alert), 'hex');
  const message = JSON.stringify({ ...alert, storedAt: alert.detectedAt, traceparent: TRACEPARENT });
  const values = [...Object.values(alert), JSON.stringify(evidence), fingerprint, message];
  await pool.query({ name: 'bare-statement', text: BARE_STATEMENT, values });
}

/** What one would write by hand: a transaction around the insert and pgmq.send, nothing checked, nothing bounded. */
async function bareTransaction(pool: pg.Pool): Promise<void> {
  const { evidence, ...alert } = anAlert();
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query({
      name: 'bare-insert',
      text: `INSERT INTO db_first.alerts
               (event_id, patient_id, device_id, ward, kind, severity, detected_at, evidence, fingerprint)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values: [...Object.values(alert), JSON.stringify(evidence), Buffer.from(alertFingerprint(alert), 'hex')],
    });
    await client.query({
      name: 'bare-send',
      text: `SELECT pgmq.send('db_first_alerts', $1::jsonb)`,
      values: [JSON.stringify({ ...alert, storedAt: alert.detectedAt, traceparent: TRACEPARENT })],
    });
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

/** Storing and queueing an alert through the store, against a bare hand-written transaction of the same two writes. */
export async function run({ databaseUrl }: Pick<BenchContext, 'databaseUrl'>): Promise<BenchResult[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CONCURRENCY });
  const options = { url: databaseUrl, poolSize: CONCURRENCY, timeoutMs: TIMEOUT_MS, applicationName: 'bench' };
  const database = createDatabase(options);
  const context = { database, recordMetric: () => undefined, traceparent: TRACEPARENT };
  const bare = () => rateOf(() => bareTransaction(pool));
  const oneStatement = () => rateOf(() => bareStatement(pool));
  const ours = () => rateOf(() => storeAlert(anAlert(), context));
  try {
    await Promise.all([bare(), ours()]); // connections, plans, caches
    const result = await measureRatio(ROUNDS, ours, bare);
    const single = await measureRatio(ROUNDS, ours, oneStatement);
    return [
      {
        name: 'ingest: alert and message through the store',
        target: `≥ ${TARGET} ×`,
        measured: `${result.ratio.toFixed(2)} ×`,
        holds: result.ratio >= TARGET,
        detail: `${result.ours.toFixed(0)}/s, a bare transaction (begin, insert, pgmq.send, commit) ${result.bare.toFixed(0)}/s, ${CONCURRENCY} at once`,
      },
      {
        name: 'ingest: the same against one bare statement',
        target: `≥ ${TARGET} ×`,
        measured: `${single.ratio.toFixed(2)} ×`,
        holds: single.ratio >= TARGET,
        detail: `${single.ours.toFixed(0)}/s, both writes as one statement without checks or limits ${single.bare.toFixed(0)}/s`,
      },
    ];
  } finally {
    await Promise.all([pool.end(), database.close()]);
  }
}
