import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { partitionOf } from '../../shared/topology/partition-of.ts';
import { readTopology } from '../../shared/topology/read-topology.ts';
import { declareStreams, startTestBroker } from '../testing/broker.ts';
import { eventually } from '../testing/eventually.ts';
import { createSuperStreamPublisher } from '../triggers/stream-publisher/super-stream-publisher.ts';
import { startWorker, type Worker } from '../worker/start-worker.ts';
import type { BenchContext, BenchResult } from './bench-result.ts';
import { eventRecord } from './event-record.ts';
import { quiet } from './stream-backlog.ts';

const STREAM = 'medical-events';
const PATIENTS = 500;
const EVENTS_EACH = 4;
const WORK_MS = 5_000;
const TARGET_MB = 300;
const KB_PER_MB = 1024;
const DEADLINE_MS = 180_000;

async function publishAll(url: string): Promise<void> {
  const topology = readTopology();
  const publisher = createSuperStreamPublisher({
    url,
    superStream: STREAM,
    partitionOf: (key) => partitionOf(topology, STREAM, key),
    logger: quiet,
  });
  for (let number = 0; number < PATIENTS * EVENTS_EACH; number += 1) {
    const patientId = `patient-${number % PATIENTS}`;
    await publisher.publish(patientId, [eventRecord(patientId)]);
  }
  await publisher.close();
}

/** At its highest since the start, of a replica's whole process, from the kernel (Linux). */
function peakMb(worker: Worker): number {
  const status = readFileSync(`/proc/${worker.replicas()[0]?.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / KB_PER_MB;
}
const inFlight = (worker: Worker) =>
  worker.replicas().reduce((sum, { sources }) => sum + sources.reduce((all, source) => all + source.inFlight, 0), 0);

/** The peak memory of one worker process that works on the events of 500 patients at once, each for five seconds. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const broker = await startTestBroker();
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    await declareStreams(broker.endpoints);
    progress.step('bench', `event-lanes-memory: ${PATIENTS * EVENTS_EACH} events of ${WORK_MS} ms`);
    await publishAll(broker.endpoints.stream);
    const startedMs = performance.now();
    const worker = await startWorker({
      function: 'process-event',
      replicas: 1,
      environment: {
        HEARTLINE_HOME: join(tmpdir(), `heartline-bench-${randomUUID()}`),
        HEARTLINE_DATABASE_URL: databaseUrl,
        HEARTLINE_STREAM_URL: broker.endpoints.stream,
        HEARTLINE_PROCESSING_MIN_MS: String(WORK_MS),
        HEARTLINE_PROCESSING_MAX_MS: String(WORK_MS),
      },
    });
    try {
      let most = 0;
      const isDone = async () => {
        most = Math.max(most, inFlight(worker));
        const { rows } = await pool.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM medical_events.events WHERE status = 'processed'`,
        );
        return rows[0]?.n === PATIENTS * EVENTS_EACH;
      };
      await eventually('all events to be processed', isDone, DEADLINE_MS);
      const seconds = (performance.now() - startedMs) / 1_000;
      const peak = peakMb(worker);
      return [
        {
          name: `peak memory of a worker with ${PATIENTS} patients’ events of ${WORK_MS / 1_000} s in flight`,
          target: `< ${TARGET_MB} MB`,
          measured: `${peak.toFixed(0)} MB`,
          holds: peak < TARGET_MB && most === PATIENTS,
          detail: `resident, of npm run worker process-event's whole replica; ${most} in flight at most; ${PATIENTS * EVENTS_EACH} events in ${seconds.toFixed(1)} s, with its start`,
        },
      ];
    } finally {
      await worker.stop();
    }
  } finally {
    await pool.end();
    await broker.remove();
  }
}
