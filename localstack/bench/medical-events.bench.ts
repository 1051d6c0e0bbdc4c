import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { moveCheckpoint, takeOver } from '../../shared/idempotency/index.ts';
import { eventRoute } from '../../shared/medical-events/event-route.ts';
import { guardedProcessor } from '../../shared/medical-events/guarded-processor.ts';
import type { EventWork } from '../../shared/medical-events/process-event.ts';
import { eventRuns } from '../../shared/medical-events/run-store.ts';
import { simulatedProcessor } from '../../shared/medical-events/simulated-processor.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { createMetrics } from '../../shared/observability/metrics.ts';
import { createDatabase, type Database } from '../../shared/postgres/database.ts';
import { streamHandler } from '../../shared/stream/stream-handler.ts';
import type { StreamEventRecord } from '../triggers/stream/event.ts';
import { streamBroker, type TestStreamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import type { BenchContext, BenchResult } from './bench-result.ts';
import { eventRecord } from './event-record.ts';
import { fillStream } from './stream-backlog.ts';
import { drainThroughTrigger } from './stream-drain.ts';

const MS_PER_SECOND = 1_000;
const TIMEOUT_MS = 60_000;
const LOCK_TIMEOUT_MS = 10_000;
/** The functions' own pool. */
const CONNECTIONS = 10;

const INSTANT = { events: 50_000, patients: 1_000, concurrency: 500 };
const INSTANT_TARGET = 5_000;

/** A fifth of what the stage is made for: what surrounds the work is seen beside it. */
const SCHEDULE = { events: 1_000, patients: 200, concurrency: 50, workMs: 1_000 };
const SCHEDULE_TARGET = 0.95;

const patientOf = (index: number, patients: number) => `patient-${index % patients}`;
/** Every fiftieth event is of one patient more, the others are spread evenly. */
const unevenPatient = (index: number) => (index % 50 === 0 ? 'patient-long' : patientOf(index, SCHEDULE.patients));

/** The function as it runs, but that its lines are made and not written. */
function handlerOf(database: Database, processing: { minMs: number; maxMs: number }) {
  const write = () => undefined;
  const telemetry = {
    log: createLogger({ service: 'bench', level: 'info', patientIdKey: 'a key for benchmarks only', write }),
    metrics: createMetrics({ service: 'bench', write }),
  };
  const attemptsMax = 5;
  const work: EventWork = {
    attemptsMax,
    recordMetric: telemetry.metrics.recordTogether,
    runs: eventRuns({
      database: () => database,
      recordMetric: telemetry.metrics.recordTogether,
      worker: 'bench',
      attemptsMax,
    }),
    processor: guardedProcessor({
      processor: simulatedProcessor(processing),
      timeoutMs: TIMEOUT_MS,
      resetMs: TIMEOUT_MS,
      patienceMs: TIMEOUT_MS,
    }),
  };
  const handler = streamHandler(
    eventRoute(() => work),
    () => telemetry,
  );
  return async (Records: readonly StreamEventRecord[], checkpoint: unknown) => {
    const { batchItemFailures } = await handler({ Records, checkpoint });
    if (batchItemFailures.length > 0) throw new Error(JSON.stringify(batchItemFailures));
  };
}

interface Load {
  readonly stream: string;
  readonly events: number;
  readonly concurrency: number;
  readonly processing: { minMs: number; maxMs: number };
}

/** @returns milliseconds from the first event's beginning to the last one's end */
async function drain(broker: TestStreamBroker, databaseUrl: string, load: Load): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS });
  const database = createDatabase({
    url: databaseUrl,
    poolSize: CONNECTIONS,
    timeoutMs: TIMEOUT_MS,
    applicationName: 'bench',
  });
  try {
    return await drainThroughTrigger({
      url: broker.url,
      stream: load.stream,
      count: load.events,
      options: { batchSize: 1, maximumConcurrency: load.concurrency, checkpoint: 'postgres' },
      fencedStore: {
        takeOver: (consumer) => takeOver({ pool, consumer, lockTimeoutMs: LOCK_TIMEOUT_MS }),
        moveCheckpoint: (consumer, epoch, position) => moveCheckpoint({ pool, consumer, epoch, position }),
      },
      handle: handlerOf(database, load.processing),
    });
  } finally {
    await Promise.all([database.close(), pool.end()]);
  }
}

/**
 * The simplest alternative: as many workers take events from the list in its order, and each holds its patient's row while it works.
 * @returns milliseconds
 */
async function withRowLocks(
  databaseUrl: string,
  patients: readonly string[],
  { concurrency, workMs }: typeof SCHEDULE,
) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: concurrency });
  try {
    await pool.query('CREATE TABLE patient_locks (patient_id text PRIMARY KEY)');
    await pool.query('INSERT INTO patient_locks SELECT DISTINCT unnest($1::text[])', [patients]);
    let next = 0;
    const startedMs = performance.now();
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (let at = next++; at < patients.length; at = next++) {
          const client = await pool.connect();
          await client.query('BEGIN');
          await client.query('SELECT FROM patient_locks WHERE patient_id = $1 FOR UPDATE', [patients[at]]);
          await sleep(workMs);
          await client.query('COMMIT');
          client.release();
        }
      }),
    );
    return performance.now() - startedMs;
  } finally {
    await pool.query('DROP TABLE IF EXISTS patient_locks');
    await pool.end();
  }
}

/** No schedule is shorter than its longest patient, nor than all of the work spread over all places. */
function idealMs(patients: readonly string[], { concurrency, workMs }: typeof SCHEDULE): number {
  const counts = new Map<string, number>();
  for (const patient of patients) counts.set(patient, (counts.get(patient) ?? 0) + 1);
  return workMs * Math.max(Math.ceil(patients.length / concurrency), ...counts.values());
}

/** Medical events: what it costs to give each patient a lane, and how near that comes to the best schedule there is. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const broker = await streamBroker();
  try {
    await broker.createStream('instant');
    await fillStream(broker, 'instant', INSTANT.events, (index) => eventRecord(patientOf(index, INSTANT.patients)));
    progress.step('bench', `medical-events: ${INSTANT.events} events of no work`);
    const instantMs = await drain(broker, databaseUrl, {
      stream: 'instant',
      processing: { minMs: 0, maxMs: 0 },
      ...INSTANT,
    });
    const rate = (INSTANT.events * MS_PER_SECOND) / instantMs;

    const patients = Array.from({ length: SCHEDULE.events }, (_, index) => unevenPatient(index));
    await broker.createStream('schedule');
    await fillStream(broker, 'schedule', SCHEDULE.events, (index) => eventRecord(patients[index] ?? ''));
    progress.step('bench', `medical-events: ${SCHEDULE.events} events of ${SCHEDULE.workMs} ms`);
    const processing = { minMs: SCHEDULE.workMs, maxMs: SCHEDULE.workMs };
    const lanesMs = await drain(broker, databaseUrl, { stream: 'schedule', processing, ...SCHEDULE });
    const locksMs = await withRowLocks(databaseUrl, patients, SCHEDULE);
    const bestMs = idealMs(patients, SCHEDULE);
    const share = bestMs / lanesMs;
    return [
      {
        name: `medical events of no work, ${INSTANT.patients} patients, a process`,
        target: `≥ ${INSTANT_TARGET}/s`,
        measured: `${rate.toFixed(0)}/s`,
        holds: rate >= INSTANT_TARGET,
        detail: `${INSTANT.concurrency} lanes, each event begun and ended in its row, fenced; log lines and metrics made`,
      },
      {
        name: `medical events of ${SCHEDULE.workMs} ms, ${SCHEDULE.concurrency} at once: the best schedule against lanes`,
        target: `≥ ${SCHEDULE_TARGET}`,
        measured: share.toFixed(2),
        holds: share >= SCHEDULE_TARGET,
        detail: `best ${bestMs.toFixed(0)} ms, lanes ${lanesMs.toFixed(0)} ms, a row lock a patient ${locksMs.toFixed(0)} ms (${(bestMs / locksMs).toFixed(2)})`,
      },
    ];
  } finally {
    await broker.close();
  }
}
