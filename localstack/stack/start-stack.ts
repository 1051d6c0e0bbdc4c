import { join } from 'node:path';
import pg from 'pg';
import { ensureTokenKeys } from '../../shared/access/token-keys.ts';
import { trustAuthority } from '../../shared/access/trust.ts';
import { PermanentError } from '../../shared/errors.ts';
import { migrate } from '../../shared/postgres/migrate.ts';
import { type NewStack, readStack, removeStack, writeStack } from '../../shared/stack-file.ts';
import { readTopology } from '../../shared/topology/read-topology.ts';
import { startIotDataPlane } from '../iot-data-plane/iot-data-plane.ts';
import { takeLock } from '../lock-file.ts';
import { createMetricBridge, type MetricBridge } from '../observability/bridge.ts';
import { startDatabaseSampler } from '../observability/database-sampler.ts';
import { createLogSink } from '../observability/log-sink.ts';
import { startMetricsServer } from '../observability/metrics-server.ts';
import type { RunningService } from '../services/service.ts';
import { type Certificates, ensureCertificates } from '../setup/local-certificates.ts';
import type { Progress } from '../setup/progress.ts';
import { declareStreams, quietLogger } from './declare-streams.ts';
import { functionsEnvironment } from './functions-environment.ts';
import { ROUTINE_LINE, startFunctionsHost } from './functions-host.ts';
import { type Given, type Keep, startBroker, startDatabase, type TokenAccess } from './infrastructure.ts';
import { logFolder, requireFreePorts, type StackPorts } from './stack-ports.ts';
import { startStackStation } from './station-in-stack.ts';

export interface StackOptions {
  projectRoot: string;
  /** `.heartline/`: data, logs, pid files and the stack file. */
  home: string;
  ports: StackPorts;
  /** Address that the metrics server listens on. Default: loopback. */
  metricsHost?: string;
  /** Services that run elsewhere: used as they are, never started or stopped. */
  given: Given;
  /** Of the broker that is started here. */
  access: TokenAccess;
  /** Certificates of every listener, made if there are none; undefined: they have no TLS. */
  tlsFolder?: string | undefined;
  /** False: services only, for `serverless offline start` by hand. */
  functions: boolean;
  /** With the nurse station. Default: without. */
  station?: boolean;
  /** Opens other ways to the services for the functions, as through a proxy with faults. Everything else goes straight to them. */
  detour?: () => Promise<Detour>;
  progress: Progress;
  warn: (message: string) => void;
  /** Aborted: what was started is stopped, and the start rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** How the functions reach their services, each as host:port; stopped after them. */
export interface Detour {
  reach: { postgres: string; mqtt: string };
  stop(): Promise<void>;
}

export interface RunningStack {
  stack: NewStack;
  bridge: MetricBridge;
  /** What was started here, in the order of starting. */
  services: RunningService<unknown>[];
  /** Resolves with the name of a service that ended without being asked to. */
  failed: Promise<string>;
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const SAMPLER_CONNECTIONS = 1;

interface SecuredOptions extends StackOptions {
  tls: Certificates | undefined;
}

/** Starts all that is not given, ready to be used, and writes the stack file. What was started is stopped when a part fails. */
export async function startStack(given: StackOptions): Promise<RunningStack> {
  const { tlsFolder } = given;
  const options: SecuredOptions = {
    ...given,
    tls: tlsFolder === undefined ? undefined : ensureCertificates(tlsFolder),
  };
  trustAuthority();
  const { home, signal } = options;
  // A mistake in the file is told before anything starts.
  const topology = readTopology();
  const unlock = lockHome(home);
  const stops: (() => Promise<unknown>)[] = [async () => unlock()];
  const stopAll = once(async () => {
    for (const stop of stops.toReversed()) await stop();
  });
  try {
    await ensureTokenKeys(options.access.keyFolder);
    await requireFreePorts(options.ports, options.given, options);
    const detour = await options.detour?.();
    if (detour) stops.push(() => detour.stop());
    const services: RunningService<unknown>[] = [];
    const keep: Keep = (service) => {
      services.push(service);
      stops.push(() => service.stop());
      return service;
    };
    // The broker takes longest to boot, and no function of this machine waits for it: both sides start at once.
    const [{ local, bridge }, broker] = await both(
      startFunctionsSide(options, detour?.reach, keep, stops),
      startBroker(options, keep),
    );
    signal?.throwIfAborted();
    await declareStreams(broker, topology, options);
    const iot = await startIotDataPlane({
      host: LOOPBACK,
      port: options.ports.iot,
      mqttUrl: broker.mqtt,
      logger: quietLogger('IoT data plane', options.warn),
      // Devices say how they are with a retained message; nothing else is retained here.
      retainedFilters: ['hl/+/+/+/status'],
      indexFile: join(home, 'iot-retained.json'),
      onRequest: (operation, status) =>
        bridge.recordMetric('iot_requests_total', 1, { operation, status: String(status) }),
    });
    stops.push(() => iot.close());
    const station = options.station
      ? await startStackStation({
          port: options.ports.nurseStation,
          progress: options.progress,
          apiUrl: local.endpoints.http,
          webMqttUrl: broker.webMqtt,
        })
      : undefined;
    if (station) stops.push(() => station.close());
    const stack: NewStack = {
      ...local,
      endpoints: {
        ...local.endpoints,
        rabbitmq: broker,
        iot: iot.url,
        ...(station && { station: station.url }),
      },
      services: Object.fromEntries(services.map(({ name, version }) => [name, version])),
    };
    writeStack(home, stack);
    stops.push(async () => removeStack(home));
    return { stack, bridge, services, failed: firstToEnd(services), stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** The database, migrated; metrics; and the functions. */
async function startFunctionsSide(
  options: SecuredOptions,
  reach: Detour['reach'] | undefined,
  keep: Keep,
  stops: (() => Promise<unknown>)[],
): Promise<{ local: NewStack; bridge: MetricBridge }> {
  const { home, progress, signal, warn } = options;
  const database = await startDatabase(options, keep);
  signal?.throwIfAborted();
  const ran = await migrate(database, { log: () => undefined });
  if (ran.length > 0) progress.done('database', `migrated: ${ran.length}, the last ${ran.at(-1)}`);

  const bridge = createMetricBridge();
  const metrics = await startMetricsServer({
    port: options.ports.metrics,
    host: options.metricsHost ?? LOOPBACK,
    bridge,
  });
  stops.push(() => metrics.close());
  const pool = new pg.Pool({
    connectionString: database,
    max: SAMPLER_CONNECTIONS,
    application_name: 'heartline-sampler',
  });
  stops.push(() => pool.end());
  const sampler = startDatabaseSampler({ pool, bridge, warn });
  stops.push(() => sampler.stop());

  signal?.throwIfAborted();
  const local = describe(options, database, `${metrics.url}/metrics`);
  if (options.functions) {
    const sink = createLogSink({ dir: logFolder(home), bridge, warn, routine: ROUTINE_LINE });
    stops.push(() => sink.close());
    const { http, lambda, websocket } = local.endpoints;
    const host = await startFunctionsHost({
      projectRoot: options.projectRoot,
      home,
      environment: functionsEnvironment(options, local, reach),
      httpUrl: http,
      lambdaUrl: lambda,
      websocketUrl: websocket,
      readOutput: (output) => sink.attach(output, 'serverless'),
    });
    keep(host);
    progress.done('functions', `${http}   (Lambda API ${lambda}, ${websocket})`);
  }
  return { local, bridge };
}

/** One stack a folder, from its first act on: two would start the same database. A killed one's lock does not count. */
function lockHome(home: string): () => void {
  const taken = takeLock(join(home, 'stack.lock'));
  if (typeof taken === 'function') return taken;
  const stack = readStack(home);
  const since = stack ? `, since ${stack.startedAt}): ${stack.endpoints.http}` : ', still starting)';
  const message = `A stack is already running here (process ${taken.heldBy}${since}\n  Stop it with Ctrl-C in its terminal, or with: kill ${taken.heldBy}`;
  throw new PermanentError('stack_running', message);
}

/** Waits for both even when one fails, so that what the other has started is known and can be stopped. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [one, two] = await Promise.allSettled([first, second]);
  if (one.status === 'rejected') throw one.reason;
  if (two.status === 'rejected') throw two.reason;
  return [one.value, two.value];
}

function describe(options: SecuredOptions, database: string, metrics: string): NewStack {
  return {
    startedAt: new Date().toISOString(),
    pid: process.pid,
    endpoints: {
      postgres: database,
      http: `${options.tls ? 'https' : 'http'}://${LOOPBACK}:${options.ports.http}`,
      lambda: `http://${LOOPBACK}:${options.ports.lambda}`,
      websocket: `${options.tls ? 'wss' : 'ws'}://${LOOPBACK}:${options.ports.websocket}`,
      metrics,
    },
    services: {},
    logs: logFolder(options.home),
  };
}

function firstToEnd(services: RunningService<unknown>[]): Promise<string> {
  return Promise.race(services.map((service) => service.exited.then(() => service.name)));
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}
