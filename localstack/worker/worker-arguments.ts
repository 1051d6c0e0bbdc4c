import { parseArgs } from 'node:util';
import { config } from '../../shared/config.ts';
import { PORTS } from '../../shared/config-schema.ts';
import { PermanentError } from '../../shared/errors.ts';
import { DRAIN_DEFAULT_S, wholeSeconds } from './durations.ts';
import { MOST_REPLICAS } from './start-worker.ts';

export interface WorkerArguments {
  /** Undefined when only the help is asked for. */
  readonly function: string | undefined;
  readonly replicas: number;
  /** Undefined: this project. */
  readonly service: string | undefined;
  readonly drainMs: number;
  readonly readyMs: number;
  /** 0: a free one. */
  readonly metricsPort: number;
  readonly help: boolean;
}

const READY_DEFAULT_S = 60;
const LAST_PORT = 65_535;

export const WORKER_HELP = `npm run worker <function> [-- options]
runs a function's event sources, without HTTP, each replica in a process of its own

  --replicas N        how many to start with (1; ${MOST_REPLICAS} at most)
  --drain-seconds N   how long handlers in flight may take to finish at the end (${DRAIN_DEFAULT_S})
  --ready-seconds N   how long the start may take until every replica runs (${READY_DEFAULT_S})
  --metrics-port N    where /metrics is served; 0 takes a free port (${PORTS.workerMetrics.preset})
  --service FOLDER    folder of another serverless.yml (this project)
  --help              this text

SIGTERM and Ctrl-C drain: nothing new begins, handlers in flight finish. A second
one ends all at once. A replica that ends by itself is started again.

Exit codes
  0   drained
  1   the drain deadline passed with work unfinished: it is delivered again
  64  the command line asks for what is not there
  69  what the function reads from did not answer in time
  70  a replica crashed 5 times within 30 s
  78  serverless.yml, a setting or the handler's address is wrong
`;

function usage(message: string): PermanentError {
  return new PermanentError('usage', `${message}\nSee npm run worker -- --help`);
}

function numberIn(option: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usage(`${option} ${text}: give a whole number from ${least} to ${most}`);
}

function parse(args: readonly string[]) {
  const seconds = (preset: number) => ({ type: 'string', default: String(preset) }) as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        replicas: { type: 'string', default: '1' },
        'drain-seconds': seconds(DRAIN_DEFAULT_S),
        'ready-seconds': seconds(READY_DEFAULT_S),
        'metrics-port': { type: 'string' },
        service: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Reads the command line.
 * @throws PermanentError `usage`; `config_invalid`
 */
export function parseWorkerArguments(args: readonly string[]): WorkerArguments {
  const { values, positionals } = parse(args);
  const [name, ...more] = positionals;
  if (more.length > 0) throw usage(`${more.join(' ')}: name one function`);
  const port = values['metrics-port'];
  return {
    function: name,
    replicas: numberIn('--replicas', values.replicas, 1, MOST_REPLICAS),
    service: values.service,
    drainMs: wholeSeconds('--drain-seconds', values['drain-seconds']),
    readyMs: wholeSeconds('--ready-seconds', values['ready-seconds']),
    metricsPort: port === undefined ? config().ports.workerMetrics : numberIn('--metrics-port', port, 0, LAST_PORT),
    help: values.help,
  };
}
