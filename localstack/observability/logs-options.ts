import { parseArgs } from 'node:util';
import { PermanentError } from '../../shared/errors.ts';
import { LEVEL_NAMES, type LevelName, type LogFilter } from './log-entry.ts';

const DEFAULT_DIR = '.heartline/logs';
const DEFAULT_LINES = 100;
const DEFAULT_LEVEL = 'info';
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

export const LOGS_HELP = `Usage: npm run logs -- [options]

Shows the log lines of the running stack, or of the last run: for reading at a
terminal, as JSON lines in a pipe.

  --function NAME  only lines of this function
  --event ID       only lines about this event
  --patient ID     only lines about this patient: the id as devices send it
                   (logs hold its hash)
  --level LEVEL    only lines this severe or more:
                   ${LEVEL_NAMES.join(', ')} (default ${DEFAULT_LEVEL})
  --since WHEN     only lines since 30s, 10m, 2h, 1d ago, or since a time such
                   as 2026-01-31T08:00:00Z
  --grep TEXT      only lines that contain the text, in any case
  -n, --lines N    the last N matching lines (default ${DEFAULT_LINES}, or all --since)
  -f, --follow     go on with new lines as they are written, until Ctrl-C
  --json           JSON lines at a terminal, too
  --dir DIR        folder of the log files (default ${DEFAULT_DIR})
  --help           this text

Times are UTC.
`;

export interface LogsOptions {
  readonly help: boolean;
  readonly follow: boolean;
  readonly json: boolean;
  readonly dir: string;
  /** The most lines of the past to show. */
  readonly lines: number;
  readonly filter: LogFilter;
}

function wrong(message: string, cause?: unknown): PermanentError {
  return new PermanentError('logs.usage', message, cause === undefined ? {} : { cause });
}

function levelOf(text: string): LevelName {
  const level = LEVEL_NAMES.find((name) => name === text.toLowerCase());
  if (level === undefined) throw wrong(`--level ${text}: not a level. Levels are ${LEVEL_NAMES.join(', ')}.`);
  return level;
}

function sinceOf(text: string, nowMs: number): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const unitMs = UNIT_MS.get(unit ?? '');
  if (count !== undefined && unitMs !== undefined) return nowMs - Number(count) * unitMs;
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw wrong(`--since ${text}: give 30s, 10m, 2h, 1d or a time such as 2026-01-31T08:00:00Z.`);
  return at;
}

function linesOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw wrong(`-n ${text}: give a whole number of lines, 0 or more.`);
  return Number(text);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        function: { type: 'string' },
        event: { type: 'string' },
        patient: { type: 'string' },
        level: { type: 'string' },
        since: { type: 'string' },
        grep: { type: 'string' },
        lines: { type: 'string', short: 'n' },
        follow: { type: 'boolean', short: 'f', default: false },
        json: { type: 'boolean', default: false },
        dir: { type: 'string', default: DEFAULT_DIR },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error), error);
  }
}

/** Reads the arguments of `npm run logs`. Throws PermanentError `logs.usage` with what is wrong with which argument. */
export function parseLogsOptions(argv: readonly string[], nowMs: number): LogsOptions {
  const values = parse(argv);
  const allSince = values.since === undefined ? DEFAULT_LINES : Number.POSITIVE_INFINITY;
  return {
    help: values.help,
    follow: values.follow,
    json: values.json,
    dir: values.dir,
    lines: values.lines === undefined ? allSince : linesOf(values.lines),
    filter: {
      function: values.function,
      event: values.event,
      patient: values.patient,
      level: levelOf(values.level ?? DEFAULT_LEVEL),
      sinceMs: values.since === undefined ? undefined : sinceOf(values.since, nowMs),
      grep: values.grep,
    },
  };
}
