import { z } from 'zod';
import { compileFilter, type FilterPattern, FilterPatternError } from '../filter-patterns.ts';
import type { RefusedOptions } from '../trigger-kind.ts';

/** AMQP 0-9-1 names are short strings; a partition's name, `<superStream>-<n>`, has to fit as well. */
const NAME_BYTES_MAX = 240;
/** RabbitMQ's stream protocol: a consumer reference of more than 255 bytes is refused. */
const CONSUMER_NAME_BYTES_MAX = 255;
/** Lambda's parameters for Kinesis event source mappings. */
const BATCH_SIZE_MAX = 10_000;
const BATCH_SIZE_DEFAULT = 100;
const WINDOW_MAX_S = 300;
const PARALLELIZATION_FACTOR_MAX = 10;
const RETRY_ATTEMPTS_MAX = 10_000;
const RECORD_AGE_MIN_S = 60;
const RECORD_AGE_MAX_S = 604_800;
/** Lambda: filter criteria hold up to 10 patterns once the quota is raised (5 by default). */
const FILTER_PATTERNS_MAX = 10;
/** Lambda backs off between retries of a batch, by how much it does not say. */
const RETRY_DELAY_MINIMUM_DEFAULT_S = 0.1;
const RETRY_DELAY_MAXIMUM_DEFAULT_S = 10;
const RETRY_DELAY_MAX_S = 3_600;

/** `${env:NAME, '0'}` in serverless.yml is a string. */
const NUMERAL = /^-?\d+(\.\d+)?$/;
const unquoted = (value: unknown) => (typeof value === 'string' && NUMERAL.test(value) ? Number(value) : value);
const unquotedBoolean = (value: unknown) => (value === 'true' ? true : value === 'false' ? false : value);
const integer = (minimum: number, maximum: number, byDefault: number) =>
  z.preprocess(unquoted, z.int().min(minimum).max(maximum).default(byDefault));
const flag = (byDefault: boolean) => z.preprocess(unquotedBoolean, z.boolean().default(byDefault));
const seconds = z.preprocess(unquoted, z.number().min(0).max(RETRY_DELAY_MAX_S).optional());

const isName = (bytesMax: number) => (name: string) =>
  name !== '' && Buffer.byteLength(name) <= bytesMax && !/\p{Cc}/u.test(name) && name.isWellFormed();
const named = (bytesMax: number) => z.string().refine(isName(bytesMax)).optional();
const nameAllowed = (bytesMax: number) => `1 to ${bytesMax} bytes without control characters`;
const range = (minimum: number, maximum: number, unit = '') => `an integer from ${minimum} to ${maximum}${unit}`;
const sourceAllowed = `either stream or superStream: ${nameAllowed(NAME_BYTES_MAX)}`;
const destinationAllowed = `onFailure: another stream's name, ${nameAllowed(NAME_BYTES_MAX)}`;

/** Each option of a `rabbitmqStream` trigger: its schema, and what an error says is allowed. */
const rules = {
  stream: { schema: named(NAME_BYTES_MAX), allowed: sourceAllowed },
  superStream: { schema: named(NAME_BYTES_MAX), allowed: sourceAllowed },
  startingPosition: {
    schema: z.enum(['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP']),
    allowed: 'TRIM_HORIZON, LATEST or AT_TIMESTAMP',
  },
  startingPositionTimestamp: {
    // YAML makes a Date of 2026-01-01T00:00:00Z.
    schema: z
      .preprocess(unquoted, z.union([z.number().min(0), z.date(), z.iso.datetime({ offset: true })]))
      .transform((time) => (typeof time === 'number' ? time * 1_000 : new Date(time).getTime()))
      .optional(),
    allowed: 'with startingPosition AT_TIMESTAMP: seconds since 1970, or a time such as 2026-01-31T12:00:00Z',
  },
  batchSize: { schema: integer(1, BATCH_SIZE_MAX, BATCH_SIZE_DEFAULT), allowed: range(1, BATCH_SIZE_MAX) },
  maximumBatchingWindow: { schema: integer(0, WINDOW_MAX_S, 0), allowed: range(0, WINDOW_MAX_S, ' (seconds)') },
  parallelizationFactor: {
    schema: integer(1, PARALLELIZATION_FACTOR_MAX, 1),
    allowed: range(1, PARALLELIZATION_FACTOR_MAX),
  },
  maximumRetryAttempts: {
    schema: integer(-1, RETRY_ATTEMPTS_MAX, -1),
    allowed: range(-1, RETRY_ATTEMPTS_MAX, ' (-1: for ever)'),
  },
  maximumRecordAgeInSeconds: {
    schema: z.preprocess(
      unquoted,
      z.union([z.literal(-1), z.int().min(RECORD_AGE_MIN_S).max(RECORD_AGE_MAX_S)]).default(-1),
    ),
    allowed: `-1 (without limit), or ${range(RECORD_AGE_MIN_S, RECORD_AGE_MAX_S, ' (seconds)')}`,
  },
  bisectBatchOnFunctionError: { schema: flag(false), allowed: 'true or false' },
  functionResponseType: { schema: z.literal('ReportBatchItemFailures').optional(), allowed: 'ReportBatchItemFailures' },
  destinations: {
    schema: z.strictObject({ onFailure: z.string().refine(isName(NAME_BYTES_MAX)) }).optional(),
    allowed: destinationAllowed,
  },
  filterPatterns: {
    schema: z.array(z.record(z.string(), z.unknown())).min(1).max(FILTER_PATTERNS_MAX).default([]),
    allowed: `1 to ${FILTER_PATTERNS_MAX} EventBridge-style patterns, such as {data: {kind: [alert]}}`,
  },
  checkpoint: { schema: z.enum(['broker', 'postgres']).default('broker'), allowed: 'broker or postgres' },
  consumerName: { schema: named(CONSUMER_NAME_BYTES_MAX), allowed: nameAllowed(CONSUMER_NAME_BYTES_MAX) },
  retryDelay: {
    schema: z.strictObject({ minimum: seconds, maximum: seconds }).optional(),
    allowed: `minimum and maximum, numbers from 0 to ${RETRY_DELAY_MAX_S} (seconds), minimum not above maximum`,
  },
  enabled: { schema: flag(true), allowed: 'true or false' },
} as const;

/** Options of a `rabbitmqStream` trigger with all defaults applied; seconds as in serverless.yml. */
export interface RabbitmqStreamOptions {
  /** One of these two is there. */
  readonly stream: string | undefined;
  readonly superStream: string | undefined;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';
  /** Milliseconds since 1970; with AT_TIMESTAMP. */
  readonly startingPositionTimestampMs: number | undefined;
  readonly batchSize: number;
  readonly maximumBatchingWindow: number;
  readonly parallelizationFactor: number;
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeInSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  readonly onFailure: string | undefined;
  readonly filterPatterns: readonly FilterPattern[];
  readonly checkpoint: 'broker' | 'postgres';
  /** Undefined: one made of the function's name. Workers of one name share the partitions and the checkpoint. */
  readonly consumerName: string | undefined;
  readonly retryDelay: { readonly minimum: number; readonly maximum: number };
  readonly enabled: boolean;
}

export type ParsedRabbitmqStreamOptions =
  | { readonly ok: true; readonly options: RabbitmqStreamOptions }
  | RefusedOptions;
type Fault = RefusedOptions['faults'][number];
type Rules = typeof rules;
type Read = { [Name in keyof Rules]: z.output<Rules[Name]['schema']> };

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function filterFaults(patterns: readonly FilterPattern[]): Fault[] {
  return patterns.flatMap((pattern, index) => {
    try {
      compileFilter([pattern]);
      return [];
    } catch (error) {
      if (!(error instanceof FilterPatternError)) throw error;
      return [{ option: `filterPatterns[${index}]`, found: pattern, allowed: `a valid pattern (${error.message})` }];
    }
  });
}

/** Rules between options; each speaks only of options that are well-formed by themselves. */
function conflicts(read: Partial<Read>, delay: RabbitmqStreamOptions['retryDelay']): Fault[] {
  const { stream, superStream, startingPosition, startingPositionTimestamp, destinations, retryDelay } = read;
  const faults: Fault[] = filterFaults(read.filterPatterns ?? []);
  if ('stream' in read && 'superStream' in read && (stream === undefined) === (superStream === undefined)) {
    faults.push({
      option: stream === undefined ? 'stream' : 'superStream',
      found: superStream,
      allowed: sourceAllowed,
    });
  }
  if ('startingPositionTimestamp' in read && startingPosition !== undefined) {
    const isGiven = startingPositionTimestamp !== undefined;
    if (isGiven !== (startingPosition === 'AT_TIMESTAMP')) {
      const { allowed } = rules.startingPositionTimestamp;
      faults.push({ option: 'startingPositionTimestamp', found: startingPositionTimestamp, allowed });
    }
  }
  const onFailure = destinations?.onFailure;
  if (onFailure !== undefined && (onFailure === stream || onFailure === superStream)) {
    faults.push({ option: 'destinations.onFailure', found: onFailure, allowed: destinationAllowed });
  }
  if (delay.minimum > delay.maximum) {
    faults.push({ option: 'retryDelay', found: retryDelay, allowed: rules.retryDelay.allowed });
  }
  return faults;
}

function isComplete(read: Partial<Read>): read is Read {
  return Object.keys(rules).every((name) => Object.hasOwn(read, name));
}

/**
 * Checks the options of one `rabbitmqStream` trigger, alone and against each other, and applies defaults. Numbers may be
 * given as strings of digits. Every fault is reported, not the first.
 * Source of names, ranges and defaults: Lambda developer guide, "Lambda parameters for Amazon Kinesis Data Streams event
 * source mappings".
 */
export function parseRabbitmqStreamOptions(raw: unknown): ParsedRabbitmqStreamOptions {
  const names = Object.keys(rules) as (keyof Rules)[];
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return { ok: false, faults: [{ option: '(all)', found: raw, allowed: `an object with ${names.join(', ')}` }] };
  }
  const given = new Map<string, unknown>(Object.entries(raw));
  const faults: Fault[] = [...given.keys()]
    .filter((name) => !Object.hasOwn(rules, name))
    .map((name) => ({ option: name, found: given.get(name), allowed: `one of the options ${names.join(', ')}` }));

  const read: Partial<Read> = {};
  for (const name of names) {
    const { schema, allowed } = rules[name];
    const parsed = schema.safeParse(given.get(name));
    if (parsed.success) {
      Object.assign(read, { [name]: parsed.data });
      continue;
    }
    for (const issue of parsed.error.issues) {
      const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
      faults.push({ option: [name, ...path.map(String)].join('.'), found: valueAt(given.get(name), path), allowed });
    }
  }
  const delay = read.retryDelay;
  const minimum = delay?.minimum ?? Math.min(RETRY_DELAY_MINIMUM_DEFAULT_S, delay?.maximum ?? Infinity);
  const retryDelay = { minimum, maximum: delay?.maximum ?? Math.max(RETRY_DELAY_MAXIMUM_DEFAULT_S, minimum) };
  faults.push(...conflicts(read, retryDelay));
  if (faults.length > 0 || !isComplete(read)) return { ok: false, faults };
  const { destinations, functionResponseType, startingPositionTimestamp, stream, superStream, consumerName, ...rest } =
    read;
  const options: RabbitmqStreamOptions = {
    ...rest,
    stream,
    superStream,
    consumerName,
    retryDelay,
    startingPositionTimestampMs: startingPositionTimestamp,
    reportBatchItemFailures: functionResponseType === 'ReportBatchItemFailures',
    onFailure: destinations?.onFailure,
  };
  return { ok: true, options };
}
