import { randomUUID } from 'node:crypto';
import { streamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import type { BenchContext, BenchResult } from './bench-result.ts';
import { alertRecords, fillStream } from './stream-backlog.ts';
import { startWorkers, WORKER_NODE_OPTIONS } from './stream-workers.ts';

const STREAM = 'backlog';
const BACKLOG = 1_000_000;
const BATCH = 1_000;
const TARGET_MB = 300;
const MS_PER_SECOND = 1_000;

/** The peak memory of a worker's process while it drains a backlog through the trigger into Postgres. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const broker = await streamBroker();
  try {
    progress.step('bench', `stream-memory: publishing ${BACKLOG} alerts`);
    await broker.createStream(STREAM);
    await fillStream(broker, STREAM, BACKLOG, alertRecords());
    progress.step('bench', 'stream-memory: draining them');
    const startedMs = performance.now();
    const options = { stream: STREAM, batchSize: BATCH, consumerName: randomUUID() };
    const workers = startWorkers(1, { url: broker.url, databaseUrl, connections: 1, options });
    try {
      await workers.handled(BACKLOG);
      const seconds = (performance.now() - startedMs) / MS_PER_SECOND;
      const peakMb = workers.peakMb();
      return [
        {
          name: `peak memory of a worker that drains ${BACKLOG} alerts from a stream into Postgres`,
          target: `< ${TARGET_MB} MB`,
          measured: `${peakMb.toFixed(0)} MB`,
          holds: peakMb < TARGET_MB,
          detail: `resident, of its whole process (node ${WORKER_NODE_OPTIONS.join(' ')}); batches of ${BATCH}, drained in ${seconds.toFixed(0)} s (${(BACKLOG / seconds).toFixed(0)}/s)`,
        },
      ];
    } finally {
      await workers.stop();
    }
  } finally {
    await broker.close();
  }
}
