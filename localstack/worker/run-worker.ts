import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { type HealthAnswer, type MetricsServer, startMetricsServer } from '../observability/metrics-server.ts';
import { EXIT, exitCodeOf, textOf } from './exit-codes.ts';
import { requireServices } from './require-services.ts';
import { beginWorker, checkedFunction, type Worker } from './start-worker.ts';
import { parseWorkerArguments, WORKER_HELP, type WorkerArguments } from './worker-arguments.ts';
import { createWorkerOutput, type Terminal, type WorkerOutput } from './worker-output.ts';
import { workerReadiness } from './worker-readiness.ts';

export interface WorkerIo {
  readonly stdout: Terminal;
  readonly stderr: { write(text: string): unknown };
  /** Calls back at every request to end. */
  onStop(callback: () => void): void;
}

/** One request may come by several ways: the terminal's process group, npm, the process that started this one. */
const SECOND_REQUEST_AFTER_MS = 500;
const PORT_SETTING = 'HEARTLINE_WORKER_METRICS_PORT';

async function serveMetrics(
  port: number,
  { bridge }: WorkerOutput,
  readiness: () => HealthAnswer,
): Promise<MetricsServer> {
  try {
    return await startMetricsServer({ port, host: config().metricsHost, bridge, readiness });
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const message = `Metrics cannot be served at port ${port}: is another worker running?\n  Set ${PORT_SETTING}, or give --metrics-port 0.`;
    throw new PermanentError('usage', message, { cause: error });
  }
}

function serviceOf({ service }: WorkerArguments): { service?: string } {
  return service === undefined ? {} : { service };
}

/** The first request drains, a second one ends all at once. Returns whether there was one. */
function stopWith(io: WorkerIo, worker: Worker): () => boolean {
  let firstMs: number | undefined;
  io.onStop(() => {
    const nowMs = performance.now();
    if (firstMs === undefined) {
      firstMs = nowMs;
      io.stderr.write('▸ worker     letting handlers in flight finish …\n');
      void worker.stop();
    } else if (nowMs - firstMs > SECOND_REQUEST_AFTER_MS) {
      io.stderr.write('▸ worker     ending at once; what was in flight is delivered again\n');
      worker.kill();
    }
  });
  return () => firstMs !== undefined;
}

async function run(
  options: WorkerArguments & { function: string },
  io: WorkerIo,
  output: WorkerOutput,
): Promise<number> {
  const { function: name, replicas, drainMs, readyMs } = options;
  let statuses: Worker['replicas'] = () => [];
  const metrics = await serveMetrics(options.metricsPort, output, () => workerReadiness(statuses()));
  try {
    const { worker, ready } = beginWorker({
      function: name,
      replicas,
      drainMs,
      readyMs,
      ...serviceOf(options),
      output: output.read,
      note: (message) => io.stderr.write(`▸ worker     ${message}\n`),
    });
    statuses = worker.replicas;
    const asked = stopWith(io, worker);
    try {
      await ready;
      const many = replicas === 1 ? '1 replica runs' : `${replicas} replicas run`;
      io.stderr.write(`✓ worker     ${name}: ${many}\n`);
      const pids = worker.replicas().flatMap(({ pid }) => pid ?? []);
      io.stderr.write(
        `             process  ${pids.join(', ')}\n             metrics  ${metrics.url}/metrics  /readyz\n`,
      );
      io.stderr.write(`             log      ${output.logs}\n`);
    } catch (error) {
      if (!asked()) throw error;
    }
    const { code, message } = await worker.exited;
    if (message !== undefined) io.stderr.write(`✗ ${message}\n`);
    else if (code === EXIT.unfinished) io.stderr.write('✗ Ended with work unfinished; it is delivered again.\n');
    else io.stderr.write('✓ worker     drained\n');
    return code;
  } finally {
    await metrics.close();
  }
}

async function runCommand(args: readonly string[], io: WorkerIo): Promise<number> {
  const options = parseWorkerArguments(args);
  if (options.help) {
    io.stdout.write(WORKER_HELP);
    return EXIT.drained;
  }
  const { function: name } = options;
  if (name === undefined) throw new PermanentError('usage', `Name the function to run.\n\n${WORKER_HELP}`);
  const definition = checkedFunction({ function: name, replicas: options.replicas, ...serviceOf(options) });
  await requireServices(definition);
  const warn = (message: string) => io.stderr.write(`▸ worker     ${message}\n`);
  const output = createWorkerOutput({ name, home: config().home, terminal: io.stdout, warn });
  try {
    return await run({ ...options, function: name }, io, output);
  } finally {
    await output.close();
  }
}

/** `npm run worker`: resolves to the exit code. Rejects only with what nobody raised on purpose. */
export async function workerCommand(args: readonly string[], io: WorkerIo): Promise<number> {
  try {
    return await runCommand(args, io);
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    io.stderr.write(`✗ ${textOf(error)}\n`);
    return code;
  }
}
