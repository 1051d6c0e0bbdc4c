import { parseArgs } from 'node:util';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { recordingFolders, splitFolders } from '../ward/folders.ts';
import { reason } from '../ward/reason.ts';
import { wardsFor } from './patients.ts';
import type { Storm } from './storm.ts';
import { DEFAULT_BUFFER_S, DEFAULT_SEED } from './vitals-ward.ts';
import { devicesUrl } from './ward-login.ts';

export interface VitalsArguments {
  readonly url: string;
  readonly beds: number;
  readonly wards: number;
  readonly rate: number;
  readonly durationS: number | undefined;
  readonly seed: number;
  readonly journal: string | undefined;
  readonly burstAtS: number | undefined;
  readonly bufferS: number;
  readonly storm: Storm | undefined;
  readonly folders: readonly string[];
  readonly help: boolean;
}

const DEFAULT_BEDS = 500;
const DEFAULT_STORM_S = 10;
/** What one process can make, with some to spare, and a stream can take. */
const MOST_BEDS = 10_000;
const MOST_RATE = 10;
const SECONDS = { '': 1, s: 1, m: 60, h: 3_600 };

export const HELP = `Sends the vital signs of a hospital's recorded patients over MQTT, at the rates of real wards.

  --url URL            of the broker (that of the running stack)
  --beds N             beds (${DEFAULT_BEDS})
  --wards N            wards icu-1, icu-2, … with as many beds each (20 beds to a ward)
  --rate N             all cadences N times as often (1)
  --duration TIME      such as 60s, 10m or 1h (until Ctrl-C)
  --seed N             of what is made up, and of where each recording begins (${DEFAULT_SEED})
  --burst-at TIME      when the hour's round of blood pressures begins (1h)
  --buffer TIME        what a monitor keeps without a broker (${DEFAULT_BUFFER_S}s)
  --journal FILE       appends a line for each message that the broker has acknowledged
  --storm WARD/BED     this bed's device floods: 200 messages a second, with copies and garbage
  --storm-at TIME      since when (0s)
  --storm-seconds N    for how long (${DEFAULT_STORM_S})
  --recordings A[,B]   folders of VitalDB arrhythmia annotations and BIDMC numerics
                       (HEARTLINE_RECORDINGS, else the recordings of the project)
  --help               this text

Ends with 1 if the load was not applied: a turn a second late, a message lost or not acknowledged.
`;

/** Reads the command line. Throws `argument` with what is wrong and what would be right. */
export function parseVitalsArguments(argv: readonly string[]): VitalsArguments {
  const values = parse(argv);
  const beds = whole('--beds', values.beds ?? String(DEFAULT_BEDS), 1, MOST_BEDS);
  const { duration, 'burst-at': burstAt, buffer, journal, recordings } = values;
  return {
    url: values.url === undefined ? devicesUrl(config().endpoints.rabbitmq.mqtt) : urlIn(values.url),
    beds,
    wards: values.wards === undefined ? wardsFor(beds) : whole('--wards', values.wards, 1, beds),
    rate: rateIn(values.rate ?? '1'),
    durationS: duration === undefined ? undefined : secondsIn('--duration', duration),
    seed: whole('--seed', values.seed ?? String(DEFAULT_SEED), 0, Number.MAX_SAFE_INTEGER),
    journal: journal === '' ? wrong('--journal is empty: give a file') : journal,
    burstAtS: burstAt === undefined ? undefined : secondsIn('--burst-at', burstAt),
    bufferS: buffer === undefined ? DEFAULT_BUFFER_S : secondsIn('--buffer', buffer),
    storm: stormIn(values.storm, values['storm-at'], values['storm-seconds']),
    folders: recordings === undefined ? recordingFolders(config().recordings) : foldersIn(recordings),
    help: values.help ?? false,
  };
}

const TEXTS = [
  'url',
  'beds',
  'wards',
  'rate',
  'duration',
  'seed',
  'burst-at',
  'buffer',
  'journal',
  'storm',
  'storm-at',
  'storm-seconds',
  'recordings',
] as const;
type Values = Partial<Record<(typeof TEXTS)[number], string>> & { help?: boolean };

function parse(argv: readonly string[]): Values {
  const texts = Object.fromEntries(TEXTS.map((name) => [name, { type: 'string' } as const]));
  try {
    const options = { ...texts, help: { type: 'boolean' } as const };
    return parseArgs({ args: [...argv], options, allowPositionals: false }).values;
  } catch (error) {
    if (!reason(error).startsWith('ERR_PARSE_ARGS')) throw error;
    return wrong(`${error instanceof Error ? error.message : error} (--help lists all options)`);
  }
}

function urlIn(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === 'mqtt:' || url?.protocol === 'mqtts:') return text;
  return wrong(`--url ${text}: give an mqtt or mqtts address, such as mqtt://127.0.0.1:1883`);
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  return wrong(`${option} ${text}: give a whole number from ${least} to ${most}`);
}

function rateIn(text: string): number {
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  return rate > 0 && rate <= MOST_RATE ? rate : wrong(`--rate ${text}: give a number above 0, up to ${MOST_RATE}`);
}

function secondsIn(option: string, text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text) ?? [];
  if (number === undefined || !isUnit(unit)) return wrong(`${option} ${text}: give a time such as 60s, 10m or 1h`);
  return Number(number) * SECONDS[unit];
}

const isUnit = (unit: string): unit is keyof typeof SECONDS => Object.hasOwn(SECONDS, unit);

function stormIn(bed: string | undefined, at = '0s', seconds = String(DEFAULT_STORM_S)): Storm | undefined {
  if (bed === undefined) return undefined;
  return { bed, fromS: secondsIn('--storm-at', at), seconds: secondsIn('--storm-seconds', seconds) };
}

function foldersIn(text: string): string[] {
  const folders = splitFolders(text);
  return folders.length > 0 ? folders : wrong('--recordings is empty: give one or more folders, separated by commas');
}

function wrong(message: string): never {
  throw new PermanentError('argument', message);
}
