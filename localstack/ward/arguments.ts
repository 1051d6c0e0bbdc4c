import { parseArgs } from 'node:util';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { recordingFolders, splitFolders } from './folders.ts';
import type { Speed } from './pace.ts';
import { reason } from './reason.ts';

export interface WardArguments {
  readonly url: string;
  readonly speed: Speed;
  readonly beds: number | undefined;
  readonly folders: readonly string[];
  readonly once: boolean;
  readonly state: string;
  readonly help: boolean;
}

const DEFAULTS = { url: 'http://127.0.0.1:3000/db-first/alerts', speed: '1', state: '.heartline/ward' };
/** Above this a recording of 20 minutes is over in a tenth of a second; `max` says what is meant then. */
const MOST_SPEED = 10_000;

export const HELP = `Replays recorded patients as a ward of bedside monitors that send an alert at each arrhythmia's onset.

  --url URL            where to POST alerts (${DEFAULTS.url})
  --speed N|max        ward seconds in a second, or no waiting at all (${DEFAULTS.speed})
  --beds N             beds, 12 to a ward (12, or one for each recording if there are fewer)
  --recordings A[,B]   folders of VitalDB arrhythmia annotations and BIDMC numerics
                       (HEARTLINE_RECORDINGS, else the recordings of the project)
  --once               play each recording once, then end: 1 if an alert was refused
  --state DIR          where the ward keeps its position and its journal (${DEFAULTS.state})
  --help               this text
`;

/** Reads the command line. Throws `argument` with what is wrong and what would be right. */
export function parseWardArguments(argv: readonly string[]): WardArguments {
  const values = parse(argv);
  return {
    url: urlIn(values.url ?? DEFAULTS.url),
    speed: speedIn(values.speed ?? DEFAULTS.speed),
    beds: values.beds === undefined ? undefined : bedsIn(values.beds),
    folders: values.recordings === undefined ? recordingFolders(config().recordings) : foldersIn(values.recordings),
    once: values.once ?? false,
    state: values.state === '' ? wrong('--state is empty: give a folder') : (values.state ?? DEFAULTS.state),
    help: values.help ?? false,
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { url: text, speed: text, beds: text, recordings: text, once: flag, state: text, help: flag };
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: false }).values;
  } catch (error) {
    if (!reason(error).startsWith('ERR_PARSE_ARGS')) throw error;
    return wrong(`${error instanceof Error ? error.message : error} (--help lists all options)`);
  }
}

function urlIn(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href;
  return wrong(`--url ${text}: give an http or https address, such as ${DEFAULTS.url}`);
}

function speedIn(text: string): Speed {
  if (text === 'max') return 'max';
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  return speed > 0 && speed <= MOST_SPEED
    ? speed
    : wrong(`--speed ${text}: give a number above 0, up to ${MOST_SPEED}, or max`);
}

function bedsIn(text: string): number {
  const beds = /^\d+$/.test(text) ? Number(text) : 0;
  return beds > 0 ? beds : wrong(`--beds ${text}: give a whole number from 1 up`);
}

function foldersIn(text: string): string[] {
  const folders = splitFolders(text);
  return folders.length > 0 ? folders : wrong('--recordings is empty: give one or more folders, separated by commas');
}

function wrong(message: string): never {
  throw new PermanentError('argument', message);
}
