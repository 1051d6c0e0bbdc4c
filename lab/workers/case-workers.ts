import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMetricBridge } from '../../localstack/observability/bridge.ts';
import { createLogSink } from '../../localstack/observability/log-sink.ts';
import { startMetricsServer } from '../../localstack/observability/metrics-server.ts';
import { freePort } from '../../localstack/services/ports.ts';
import { beginWorker, type Worker } from '../../localstack/worker/start-worker.ts';
import { TransientError } from '../../shared/errors.ts';
import type { WorkersDefinition } from '../experiment/schema.ts';
import type { LabTarget } from '../run/own-stack.ts';
import { unlessAborted } from '../run/unless-aborted.ts';

const LOOPBACK = '127.0.0.1';
const PROJECT_ROOT = join(import.meta.dirname, '..', '..');
/** How long there may be none to kill: a start takes half a second of a core. */
const KILL_WAIT_MS = 5_000;
const KILL_POLL_MS = 50;
/** Crashes of its own after which a replica gives up, beside those that the experiment causes. */
const CRASHES = 5;
const CRASHES_WITHIN_MS = 30_000;

/** The worker processes of a case. */
export interface CaseWorkers {
  /** Their page of metrics. */
  readonly metrics: string;
  /** Resolves when so many run. */
  scale(replicas: number): Promise<void>;
  /**
   * Ends so many of those that run by kill -9, taking turns, and says which: fewer, where fewer run. They are started again.
   * @throws TransientError `lab_late` when none runs
   */
  kill(replicas: number): Promise<number[]>;
  /** Resolves with what there is to say when they end by themselves. */
  readonly ended: Promise<string>;
  /** Lets them drain. */
  stop(): Promise<void>;
}

/**
 * Starts the processes that a case wants beside its stack. They reach Postgres over the link `worker-database`. Resolves when
 * each is connected.
 */
export async function startCaseWorkers(
  definition: WorkersDefinition,
  target: Pick<LabTarget, 'stack' | 'links' | 'home'>,
  signal: AbortSignal,
): Promise<CaseWorkers> {
  const bridge = createMetricBridge();
  const metrics = await startMetricsServer({ port: await freePort(), host: LOOPBACK, bridge });
  const warn = (message: string) => process.stderr.write(`${message}\n`);
  const logs = join(target.home, 'logs', 'workers');
  const sink = createLogSink({ dir: logs, bridge, warn });
  const close = async (worker: Worker | undefined) => {
    await worker?.stop();
    await sink.close();
    await metrics.close();
  };
  let worker: Worker | undefined;
  try {
    const { service } = definition;
    const begun = beginWorker({
      function: definition.function,
      replicas: definition.replicas,
      ...(service === undefined ? {} : { service: join(PROJECT_ROOT, service) }),
      environment: environmentOf(definition, target),
      output: (stream, replica) => sink.attach(stream, `worker ${replica}`),
      crashLimit: {
        crashes: CRASHES + definition.kill.reduce((sum, { replicas }) => sum + replicas, 0),
        withinMs: CRASHES_WITHIN_MS,
      },
    });
    worker = begun.worker;
    await unlessAborted(signal, begun.ready);
  } catch (error) {
    await close(worker);
    throw error;
  }
  const running = worker;
  let stopping: Promise<void> | undefined;
  let lastKilled = 0;
  return {
    metrics: `${metrics.url}/metrics`,
    async scale(replicas) {
      // One at a time: a start takes half a second of a core, and devices, broker and database are on the same machine.
      const direction = Math.sign(replicas - running.replicas().length);
      for (let next = running.replicas().length; next !== replicas; ) {
        next += direction;
        await running.scale(next);
      }
    },
    async kill(replicas) {
      const victims = await whoRun(running, replicas, lastKilled);
      for (const { pid } of victims) process.kill(pid, 'SIGKILL');
      lastKilled = victims.at(-1)?.number ?? lastKilled;
      return victims.map(({ number }) => number);
    },
    ended: running.exited.then(
      ({ message }) => `The workers ended during the run. ${message ?? ''}\n  Their logs are in ${logs}`,
    ),
    stop() {
      stopping ??= close(running);
      return stopping;
    },
  };
}

/** At most so many replicas that run; those that come after this number first. */
async function whoRun(
  worker: Worker,
  replicas: number,
  after: number,
): Promise<{ readonly number: number; readonly pid: number }[]> {
  const deadline = performance.now() + KILL_WAIT_MS;
  for (;;) {
    const ready = worker
      .replicas()
      .flatMap(({ number, pid, state }) => (state === 'ready' && pid !== undefined ? [{ number, pid }] : []));
    if (ready.length > 0) return inTurn(ready, after).slice(0, replicas);
    if (performance.now() > deadline) {
      const message = 'No worker ran that could be killed: they were still starting again. There is no verdict.';
      throw new TransientError('lab_late', message);
    }
    await sleep(KILL_POLL_MS);
  }
}

/** Numbers in ascending order, beginning behind the last one whose turn it was. */
export function inTurn<T extends { readonly number: number }>(ascending: readonly T[], after: number): T[] {
  return [...ascending.filter(({ number }) => number > after), ...ascending.filter(({ number }) => number <= after)];
}

function environmentOf(
  { settings }: WorkersDefinition,
  { stack, links, home }: Pick<LabTarget, 'stack' | 'links' | 'home'>,
): Record<string, string> {
  const { postgres, rabbitmq } = stack.endpoints;
  if (rabbitmq === undefined) throw new TransientError('lab_stack_ended', 'The stack has no broker for the workers.');
  const database = new URL(postgres);
  database.host = links.workers.postgres;
  return {
    HEARTLINE_HOME: home,
    HEARTLINE_DATABASE_URL: database.href,
    HEARTLINE_MQTT_URL: rabbitmq.mqtt,
    HEARTLINE_STREAM_URL: rabbitmq.stream,
    ...Object.fromEntries(settings.map(({ name, value }) => [name, value])),
  };
}
