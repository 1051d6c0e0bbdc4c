// What the event sources of this machine share: their database, brokers, logger and metrics. Made once a process.
import pg from 'pg';
import { config } from '../shared/config.ts';
import { moveCheckpoint, removalOfPosition, takeOver } from '../shared/idempotency/index.ts';
import { closeProcessLink } from '../shared/mqtt/process-link.ts';
import { closeDatabase } from '../shared/postgres/process-database.ts';
import { closePublishers } from '../shared/stream/process-publisher.ts';
import { telemetry } from '../shared/telemetry.ts';
import { startPulse, stopPulses } from '../shared/vitals/pulse.ts';
import { DEAD_LETTERS } from './redrive/redrive-options.ts';
import { recordTriggerEvent } from './trigger-metrics.ts';
import type { Observe, TriggerLogger } from './triggers/event-source.ts';
import type { TriggerResources } from './triggers/trigger-kinds.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Below the 10 s after which the event source stops waiting: the server gives up first, so no abandoned read piles up there. */
const STATEMENT_TIMEOUT_MS = 8_000;
const LOCK_TIMEOUT_MS = 4_000;
/** At thousands of messages a second, lines for each would cost more than the messages; Prometheus looks once a second. */
const METRICS_INTERVAL_MS = 100;
/** The shortest limit of "no data" is 10 s. */
const PULSE_MS = 1_000;

export interface TriggerHost {
  readonly sources: TriggerResources;
  readonly logger: TriggerLogger;
  readonly observe: Observe;
  /** Writes the last metrics and closes every pool of this process; after all sources have stopped. */
  close(): Promise<void>;
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

async function connect(): Promise<pg.Client> {
  const client = new pg.Client(connectionOptions('heartline-trigger-wake-up'));
  await client.connect();
  return client;
}

/**
 * What triggers are started with in this process. Nothing is opened before a trigger asks for it.
 * @param poolSize connections of the triggers' own pool; three a trigger are enough (triggers/README.md)
 * @throws PermanentError `config_invalid`
 */
export function triggerHost(poolSize: number): TriggerHost {
  const { log, metrics } = telemetry();
  const triggerMetrics = metrics.invocation();
  let flushing: NodeJS.Timeout | undefined;
  let sharedPool: pg.Pool | undefined;

  function flushMetrics(): void {
    clearTimeout(flushing);
    flushing = undefined;
    triggerMetrics.flush();
  }

  function pool(): pg.Pool {
    if (!sharedPool) {
      sharedPool = new pg.Pool({ ...connectionOptions('heartline-triggers'), max: poolSize });
      sharedPool.on('error', (error) => log.warn('an idle trigger connection broke', { error }));
    }
    return sharedPool;
  }

  return {
    sources: {
      pgmq: { pool, connect },
      mqtt: { url: () => config().endpoints.rabbitmq.mqtt },
      rabbitmqStream: {
        url: () => config().endpoints.rabbitmq.stream,
        fencedStore: {
          takeOver: (consumer) => takeOver({ pool: pool(), consumer, lockTimeoutMs: LOCK_TIMEOUT_MS }),
          moveCheckpoint: (consumer, epoch, position) => moveCheckpoint({ pool: pool(), consumer, epoch, position }),
          removal: (consumer) => `run ${removalOfPosition(consumer)}`,
        },
        // Records that are no messages, where a trigger names no destination of its own (functions/topology.yml).
        undecodableTo: DEAD_LETTERS,
        starting({ superStream, checkpoint }) {
          // Who judges vital signs tells by the stream's time that a monitor is silent: no record may ever come that invokes it.
          if (superStream === 'vitals' && checkpoint === 'handler') startPulse({ everyMs: PULSE_MS, log });
        },
      },
    },
    logger: log,
    observe(event) {
      recordTriggerEvent(event, triggerMetrics.recordMetric);
      flushing ??= setTimeout(flushMetrics, METRICS_INTERVAL_MS);
    },
    async close() {
      flushMetrics();
      await sharedPool?.end();
      stopPulses();
      await closePublishers();
      await closeProcessLink();
      await closeDatabase();
    },
  };
}
