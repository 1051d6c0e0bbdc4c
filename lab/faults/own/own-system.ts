import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../../localstack/services/ports.ts';
import { postgresService } from '../../../localstack/services/postgres.ts';
import { rabbitmqService } from '../../../localstack/services/rabbitmq.ts';
import type { RabbitmqPorts } from '../../../localstack/services/rabbitmq-config.ts';
import { obtainPostgres } from '../../../localstack/setup/obtain-postgres.ts';
import { obtainRabbitmq } from '../../../localstack/setup/obtain-rabbitmq.ts';
import type { Progress } from '../../../localstack/setup/progress.ts';
import { applyTopology } from '../../../localstack/topology/apply-topology.ts';
import { silentLogger } from '../../../localstack/triggers/silent-logger.ts';
import { startWorker, type Worker } from '../../../localstack/worker/start-worker.ts';
import { migrate } from '../../../shared/postgres/migrate.ts';
import { parseTopology } from '../../../shared/topology/read-topology.ts';
import { readAppliedIds, readEffects, readPositions, readSums, readTakeOvers } from '../evidence/evidence-store.ts';
import { createFaultsSchema } from '../evidence/faults-schema-store.ts';
import type { Evidence } from '../run/run-faults.ts';
import type { System } from '../run/system.ts';
import { startOwnLinks } from './links.ts';
import { isReadUpTo, readDeadLetters } from './read-stream.ts';
import { restartable } from './restartable.ts';
import { TOPOLOGY } from './topology.ts';

export interface OwnSystemOptions {
  /** An empty folder. */
  readonly home: string;
  readonly seed: number;
  readonly replicas: number;
  /** A function of workload/serverless.yml. */
  readonly function: string;
  readonly progress: Progress;
  /** Ends the start; what was started by then is stopped. */
  readonly signal: AbortSignal;
}

export interface OwnSystem {
  readonly system: System;
  readonly evidence: Evidence;
  /** Of the devices' link. */
  readonly devicesPort: number;
  stopWorkers(): Promise<void>;
  /** Ends all that was started. */
  stop(): Promise<void>;
}

const PORT_NAMES = ['amqp', 'mqtt', 'webMqtt', 'stream', 'management', 'prometheus', 'distribution', 'epmd'] as const;
/** A schedule kills workers: that is no crash loop. */
const CRASH_LIMIT = { crashes: 20, withinMs: 30_000 };
const EVIDENCE_CONNECTIONS = 2;
const CONNECT_LIMIT_MS = 3_000;
const QUERY_LIMIT_MS = 30_000;

/** A broker, a database, proxies on every link, and workers of its own, in a folder of its own, on free ports. */
export async function startOwnSystem(options: OwnSystemOptions): Promise<OwnSystem> {
  const { home, progress } = options;
  const ending: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of ending.splice(0).toReversed()) await end();
  };
  try {
    mkdirSync(join(home, 'logs'), { recursive: true });
    return { ...(await startAll(options, ending)), stop };
  } catch (error) {
    progress.note('faults', 'stopping what was started');
    await stop();
    throw error;
  }
}

async function startAll(
  { home, seed, replicas, function: name, progress, signal }: OwnSystemOptions,
  ending: (() => Promise<void>)[],
): Promise<Omit<OwnSystem, 'stop'>> {
  const ports = Object.fromEntries(
    await Promise.all(PORT_NAMES.map(async (port) => [port, await freePort()] as const)),
  ) as Record<(typeof PORT_NAMES)[number], number> satisfies RabbitmqPorts;
  const databasePort = await freePort();
  const programs = await obtainPostgres(progress);
  const database = await restartable(postgresService({ programs, home, port: databasePort }));
  ending.push(() => database.stop());
  signal.throwIfAborted();
  const program = await obtainRabbitmq(progress);
  const broker = await restartable(rabbitmqService({ program, home, ports }));
  ending.push(() => broker.stop());
  signal.throwIfAborted();
  await migrate(database.endpoints.url, { log: () => undefined });
  const pool = evidencePool(database.endpoints.url);
  ending.push(() => pool.end());
  await createFaultsSchema(pool);
  const { stream, management } = broker.endpoints;
  await applyTopology({
    streamUrl: stream,
    managementUrl: management,
    topology: parseTopology(TOPOLOGY, 'the faults’ topology'),
    logger: silentLogger,
  });
  const servers = { 'devices-broker': ports.mqtt, 'workers-broker': ports.stream, 'workers-database': databasePort };
  const links = await startOwnLinks({ home, servers, seed, progress });
  ending.push(() => links.stop());
  signal.throwIfAborted();
  const worker = await startWorker({
    function: name,
    service: join(import.meta.dirname, '..', 'workload'),
    replicas,
    environment: {
      HEARTLINE_HOME: home,
      HEARTLINE_DATABASE_URL: through(database.endpoints.url, links.ports['workers-database']),
      HEARTLINE_STREAM_URL: through(stream, links.ports['workers-broker']),
    },
    crashLimit: CRASH_LIMIT,
    output: (output, replica) =>
      output.on('data', (chunk: Buffer) => appendFileSync(join(home, 'logs', `worker-${replica}.log`), chunk)),
    note: (text) => appendFileSync(join(home, 'logs', 'worker.log'), `${text}\n`),
  });
  ending.push(async () => void (await worker.stop()));
  return {
    system: { broker, database, links: links.links, devices: links.devices, workers: workersOf(worker, replicas) },
    evidence: evidenceOf(pool, stream),
    devicesPort: links.ports['devices-broker'],
    stopWorkers: async () => void (await worker.stop()),
  };
}

function workersOf(worker: Worker, replicas: number): System['workers'] {
  return {
    replicas,
    pids: () => worker.replicas().flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    scale: (wanted) => worker.scale(wanted),
  };
}

function evidenceOf(pool: pg.Pool, stream: string): Evidence {
  return {
    async arrived() {
      const letters = await readDeadLetters(stream);
      return new Set([...(await readAppliedIds(pool)), ...letters.flatMap(({ id }) => (id === undefined ? [] : [id]))]);
    },
    isRead: async () => await isReadUpTo(stream, await readPositions(pool)),
    async read() {
      const [effectLog, sums, takeOvers] = [await readEffects(pool), await readSums(pool), await readTakeOvers(pool)];
      return { effectLog, sums, takeOvers, deadLetters: await readDeadLetters(stream) };
    },
  };
}

function evidencePool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: EVIDENCE_CONNECTIONS,
    application_name: 'faults-evidence',
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: QUERY_LIMIT_MS,
  });
  // Broken by a kill of the database: the next question opens another.
  pool.on('error', () => undefined);
  return pool;
}

/** The same address by another port. */
function through(url: string, port: number): string {
  const reached = new URL(url);
  reached.port = String(port);
  return reached.href;
}
