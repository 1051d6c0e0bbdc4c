import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PermanentError } from '../../shared/errors.ts';
import { compileCacheFolder } from '../setup/cache.ts';
import { triggerHost } from '../trigger-resources.ts';
import { DRAIN_DEFAULT_MS } from './durations.ts';
import { EXIT, WorkerStartError } from './exit-codes.ts';
import { startReplicaProcess } from './replica-process.ts';
import { readService, type WorkerFunction } from './service.ts';
import type { CrashLimit, ReplicaStatus } from './slot.ts';
import { createSupervisor, type Supervisor, type WorkerEnd } from './supervisor.ts';
import { onlyOneReplica, workerFunction, workerTriggers } from './worker-triggers.ts';

export interface WorkerOptions {
  /** Its key in serverless.yml. */
  readonly function: string;
  readonly replicas: number;
  /** Folder of serverless.yml. Default: this project's. */
  readonly service?: string;
  /** Beside this process's own environment, for the replicas and for ${env:…}: HEARTLINE_DATABASE_URL and the like. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How long handlers in flight may take to finish. Default: 10 s. */
  readonly drainMs?: number;
  /** How long the start may take until every replica runs. Default: 60 s. */
  readonly readyMs?: number;
  /** Default: 5 crashes of one replica within 30 s. */
  readonly crashLimit?: CrashLimit;
  /** Takes a replica's output (JSON log lines and EMF); called for both of its streams, at every start. Default: thrown away. */
  readonly output?: (stream: Readable, replica: number) => void;
  /** Told of restarts. */
  readonly note?: (message: string) => void;
}

export interface Worker {
  /**
   * Starts or drains replicas (the newest) until there are so many. Resolves when those started run and those drained have ended.
   * @throws PermanentError `worker_replicas`, `worker_ended`
   */
  scale(replicas: number): Promise<void>;
  /** In the order of their numbers. */
  replicas(): ReplicaStatus[];
  /** Drains all; resolves when nothing is left. Idempotent. */
  stop(): Promise<WorkerEnd>;
  /** Ends all at once. */
  kill(): void;
  /** Resolves when all have ended, for whatever reason. */
  readonly exited: Promise<WorkerEnd>;
}

const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Half a second of a core a replica at its first start, on a machine that does other things. */
const READY_DEFAULT_MS = 60_000;
/** Crashes at once, each with its back-off, take some 8 s: 30 s tells them from those of a bad hour. */
const CRASH_LIMIT_DEFAULT: CrashLimit = { crashes: 5, withinMs: 30_000 };
/** Each takes 90 MB: more than a machine of this kind of use has. */
export const MOST_REPLICAS = 64;
const MS_PER_S = 1_000;
const INSTANCE_ID_BYTES = 8;
const SERVICES_HINT = `Start the services with 'npm start' or 'npm run services', or name yours: HEARTLINE_DATABASE_URL, HEARTLINE_MQTT_URL, HEARTLINE_STREAM_URL.`;

/**
 * Checks the function as the plugin does, opening nothing.
 * @throws PermanentError `worker_function`, `worker_replicas`, `worker_disabled`, `service_*`
 * @throws TriggerOptionsError
 */
export function checkedFunction(
  options: Pick<WorkerOptions, 'function' | 'replicas' | 'service' | 'environment'>,
): WorkerFunction & { readonly folder: string } {
  const folder = resolve(options.service ?? PROJECT_ROOT);
  const environment = { ...process.env, ...options.environment };
  const instanceId = randomBytes(INSTANCE_ID_BYTES).toString('hex');
  const definition = workerFunction(readService({ folder, environment, instanceId }), options.function);
  workerTriggers(definition, triggerHost(1).sources);
  requireReplicas(options.replicas, 1, definition);
  return { ...definition, folder };
}

function requireReplicas(replicas: number, least: number, definition: WorkerFunction): void {
  if (!Number.isInteger(replicas) || replicas < least || replicas > MOST_REPLICAS) {
    throw new PermanentError(
      'worker_replicas',
      `${replicas} replicas: give a whole number from ${least} to ${MOST_REPLICAS}.`,
    );
  }
  const alone = replicas > 1 ? onlyOneReplica(definition) : undefined;
  if (alone !== undefined) throw new PermanentError('worker_replicas', alone);
}

function notReady(replicas: readonly ReplicaStatus[], limitMs: number): WorkerStartError {
  const lines = replicas.flatMap(({ number, state, sources }) => [
    `  replica ${number}: ${state}`,
    ...sources.map(
      ({ trigger, status, lastFailure }) => `    ${trigger}: ${status}${lastFailure ? ` (${lastFailure})` : ''}`,
    ),
  ]);
  const what = `Not every replica ran within ${limitMs / MS_PER_S} s:`;
  return new WorkerStartError(EXIT.unavailable, [what, ...lines, SERVICES_HINT].join('\n'));
}

/** Waits for the first replicas. When they do not come, what runs is drained. */
async function untilReady(supervisor: Supervisor, starting: Promise<void>, limitMs: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(notReady(supervisor.replicas(), limitMs)), limitMs);
  try {
    await Promise.race([starting, late.promise]);
  } catch (error) {
    const { code, message } = await supervisor.stop();
    throw error instanceof WorkerStartError ? error : new WorkerStartError(code, message ?? 'The worker was stopped.');
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a function's event sources in processes of their own, without HTTP and the framework. Resolves when every replica
 * runs. No replica outlives this process, however it ends.
 * @throws WorkerStartError, and what `checkedFunction` throws; then nothing is left running
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const starting = beginWorker(options);
  await starting.ready;
  return starting.worker;
}

/** As startWorker, but returns at once with a worker that can be stopped while it starts. */
export function beginWorker(options: WorkerOptions): { worker: Worker; ready: Promise<void> } {
  const definition = checkedFunction(options);
  const { drainMs = DRAIN_DEFAULT_MS, readyMs = READY_DEFAULT_MS, crashLimit = CRASH_LIMIT_DEFAULT } = options;
  const command = {
    function: definition.key,
    service: definition.folder,
    drainMs,
    environment: { ...process.env, ...options.environment },
    compileCache: compileCacheFolder(),
  };
  const supervisor = createSupervisor({
    drainMs,
    crashLimit,
    start: (listener) => startReplicaProcess(command, listener),
    output: options.output ?? ((stream) => stream.resume()),
    note: options.note ?? (() => undefined),
  });
  const worker: Worker = {
    async scale(replicas) {
      requireReplicas(replicas, 0, definition);
      await supervisor.scale(replicas);
    },
    replicas: supervisor.replicas,
    stop: supervisor.stop,
    kill: supervisor.kill,
    exited: supervisor.ended,
  };
  return { worker, ready: untilReady(supervisor, supervisor.scale(options.replicas), readyMs) };
}
