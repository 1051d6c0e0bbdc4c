// The triggers of serverless.yml on this machine: hands the event sources their database, logger and metrics.
import pg from 'pg';
import { config } from '../shared/config.ts';
import { closeDatabase } from '../shared/postgres/process-database.ts';
import { telemetry } from '../shared/telemetry.ts';
import { recordTriggerEvent } from './trigger-metrics.ts';
import { createTriggersPlugin } from './triggers/plugin.ts';

/** Below the 15 s after which the stack ends the process for good. */
const DRAIN_DEADLINE_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Below the 10 s after which the event source stops waiting: the server gives up first, so no abandoned read piles up there. */
const STATEMENT_TIMEOUT_MS = 8_000;
const LOCK_TIMEOUT_MS = 4_000;
/** Three connections a trigger (triggers/README.md). */
const POOL_SIZE = 6;
/** At thousands of messages a second, lines for each would cost more than the messages; Prometheus looks once a second. */
const METRICS_INTERVAL_MS = 100;

const { log, metrics } = telemetry();
const triggerMetrics = metrics.invocation();
let flushing: NodeJS.Timeout | undefined;
let sharedPool: pg.Pool | undefined;

function flushMetrics(): void {
  clearTimeout(flushing);
  flushing = undefined;
  triggerMetrics.flush();
}

function connectionOptions(applicationName: string): pg.ClientConfig {
  return {
    connectionString: config().endpoints.postgres,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
  };
}

function pool(): pg.Pool {
  if (!sharedPool) {
    sharedPool = new pg.Pool({ ...connectionOptions('heartline-triggers'), max: POOL_SIZE });
    sharedPool.on('error', (error) => log.warn('an idle trigger connection broke', { error }));
  }
  return sharedPool;
}

async function connect(): Promise<pg.Client> {
  const client = new pg.Client(connectionOptions('heartline-trigger-wake-up'));
  await client.connect();
  return client;
}

export default createTriggersPlugin({
  sources: { pgmq: { pool, connect }, mqtt: { url: () => config().endpoints.rabbitmq.mqtt } },
  logger: log,
  observe(event) {
    recordTriggerEvent(event, triggerMetrics.recordMetric);
    flushing ??= setTimeout(flushMetrics, METRICS_INTERVAL_MS);
  },
  drainDeadlineMs: DRAIN_DEADLINE_MS,
  // Loading the framework leaves 60 MB of garbage that V8 would keep for its next use of it: given back once, where the
  // process was started with --expose-gc.
  started: () => globalThis.gc?.(),
  async close() {
    flushMetrics();
    await sharedPool?.end();
    await closeDatabase();
  },
});
