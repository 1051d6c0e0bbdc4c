import { join } from 'node:path';
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

/** The worker processes of a case. */
export interface CaseWorkers {
  /** Their page of metrics. */
  readonly metrics: string;
  /** Resolves when so many run. */
  scale(replicas: number): Promise<void>;
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
    });
    worker = begun.worker;
    await unlessAborted(signal, begun.ready);
  } catch (error) {
    await close(worker);
    throw error;
  }
  const running = worker;
  let stopping: Promise<void> | undefined;
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
    ended: running.exited.then(
      ({ message }) => `The workers ended during the run. ${message ?? ''}\n  Their logs are in ${logs}`,
    ),
    stop() {
      stopping ??= close(running);
      return stopping;
    },
  };
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
