import pc from 'picocolors';
import { PermanentError } from '../../shared/errors.ts';
import { entryMatcher, type LogEntry, readLogEntry } from './log-entry.ts';
import { formatEntry } from './log-format.ts';
import { follow, openLogFiles, type TailedFile } from './log-tail.ts';
import { LOGS_HELP, type LogsOptions, parseLogsOptions } from './logs-options.ts';
import { createOutput, type Output } from './output.ts';

const EXIT_OK = 0;
const EXIT_NO_LOGS = 1;
const EXIT_USAGE = 2;

export interface LogsIo {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream;
  /** The key that the stack's loggers hash patient ids with. */
  readonly patientIdKey: string;
  /** Colours at a terminal; default: yes, unless the environment asks for none. */
  readonly color?: boolean;
  /** Ends --follow. */
  readonly signal?: AbortSignal;
}

type Matches = (entry: LogEntry) => boolean;
type Print = (entries: readonly LogEntry[]) => Promise<void>;

function printer(output: Output, io: LogsIo, json: boolean): Print {
  const pretty = io.stdout.isTTY === true && !json;
  return async (entries) => {
    for (const entry of entries) {
      if (output.readerGone.aborted) return;
      const text = pretty
        ? formatEntry(entry, { columns: io.stdout.columns, color: io.color ?? pc.isColorSupported })
        : entry.raw;
      await output.write(`${text}\n`);
    }
  };
}

/** The last `lines` matching entries of the files, newest file first; older files are read only if they are needed. */
async function lastEntries(
  files: readonly TailedFile[],
  { lines, follow: following }: LogsOptions,
  matches: Matches,
): Promise<LogEntry[]> {
  let found: LogEntry[] = [];
  for (const [age, file] of files.entries()) {
    const read = await file.newLines();
    // The newest file's last line may still be being written: then following shows it.
    const whole = age === 0 && following ? read : [...read, ...file.rest()];
    if (found.length < lines) found = [...whole.map(readLogEntry).filter(matches), ...found];
    else break;
  }
  return found.slice(Math.max(0, found.length - lines));
}

async function run(options: LogsOptions, io: LogsIo, output: Output): Promise<number> {
  const matches = entryMatcher(options.filter, io.patientIdKey);
  const print = printer(output, io, options.json);
  const files = await openLogFiles(options.dir);
  const [current, ...older] = files;
  if (current === undefined) {
    io.stderr.write(`There are no logs in ${options.dir}: nothing has run yet. Start the stack: npm start\n`);
    if (!options.follow) return EXIT_NO_LOGS;
    io.stderr.write('Waiting for its first line.\n');
  }
  try {
    const entries = await lastEntries(files, options, matches);
    await print(entries);
    if (entries.length === 0 && current !== undefined && !options.follow) io.stderr.write('No line matches.\n');
  } finally {
    const done = options.follow ? older : files;
    await Promise.all(done.map((file) => file.close()));
  }
  if (!options.follow) return EXIT_OK;
  const stop = AbortSignal.any([output.readerGone, ...(io.signal === undefined ? [] : [io.signal])]);
  for await (const lines of follow(options.dir, current, stop)) await print(lines.map(readLogEntry).filter(matches));
  return EXIT_OK;
}

/**
 * `npm run logs`: shows and follows the stack's log. Resolves to the exit code: 0, 1 when there are no logs yet, 2 for
 * a wrong argument. A reader that leaves (`| head`) ends it with 0.
 */
export async function logsCommand(argv: readonly string[], io: LogsIo): Promise<number> {
  const output = createOutput(io.stdout);
  try {
    const options = parseLogsOptions(argv, Date.now());
    if (options.help) {
      await output.write(LOGS_HELP);
      return EXIT_OK;
    }
    return await run(options, io, output);
  } catch (error) {
    if (!(error instanceof PermanentError && error.code === 'logs.usage')) throw error;
    io.stderr.write(`${error.message}\nSee npm run logs -- --help\n`);
    return EXIT_USAGE;
  } finally {
    output.end();
  }
}
