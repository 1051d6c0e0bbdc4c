import { z } from 'zod';
import type { FilterPattern } from '../filter-patterns.ts';
import {
  filterPatternsRule,
  flag,
  integer,
  isName,
  nameAllowed,
  range,
  retryDelayRule,
  seconds,
  unquoted,
} from '../option-schemas.ts';
import {
  filterFaults,
  type OptionsRead,
  type RefusedOption,
  type RetryDelay,
  readOptions,
  retryDelayOf,
} from '../read-options.ts';
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
/** Lambda's limit of concurrent invocations of an SQS trigger; there a message group is what a key is here. */
const CONCURRENCY_MAX = 1_000;
const RETRY_ATTEMPTS_MAX = 10_000;
const RECORD_AGE_MIN_S = 60;
const RECORD_AGE_MAX_S = 604_800;
/** An MQTT topic has 65,535 bytes, so as many levels at the most; nobody means more than this. */
const TOPIC_LEVELS_MAX = 128;
/** Lambda backs off between retries of a batch, by how much it does not say. */
const RETRY_DELAY_DEFAULT_S: RetryDelay = { minimum: 0.1, maximum: 10 };
const RETRY_DELAY_MAX_S = 3_600;

const named = (bytesMax: number) => z.string().refine(isName(bytesMax)).optional();
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
  maximumConcurrency: {
    schema: z.preprocess(unquoted, z.int().min(1).max(CONCURRENCY_MAX).optional()),
    allowed: `${range(1, CONCURRENCY_MAX)}, without parallelizationFactor and maximumBatchingWindow`,
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
  filterPatterns: filterPatternsRule('{data: {kind: [alert]}}'),
  passablePatterns: {
    ...filterPatternsRule('{data: {type: [telemetry]}}'),
    allowed: `with maximumConcurrency: ${filterPatternsRule('{data: {type: [telemetry]}}').allowed}`,
  },
  checkpoint: {
    schema: z.enum(['broker', 'postgres', 'handler']).default('broker'),
    allowed: 'broker, postgres or handler',
  },
  consumerName: { schema: named(CONSUMER_NAME_BYTES_MAX), allowed: nameAllowed(CONSUMER_NAME_BYTES_MAX) },
  partitionKeyTopicLevel: {
    schema: z.preprocess(unquoted, z.int().min(1).max(TOPIC_LEVELS_MAX).optional()),
    allowed: `${range(1, TOPIC_LEVELS_MAX)}: a level of the MQTT topic, counted as topic(n) of an AWS IoT rule`,
  },
  retryDelay: retryDelayRule(seconds(RETRY_DELAY_MAX_S), RETRY_DELAY_MAX_S),
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
  /** Each key has a lane of its own, and so many of a partition's are invoked at once; undefined: keys share the lanes. */
  readonly maximumConcurrency: number | undefined;
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeInSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  readonly onFailure: string | undefined;
  readonly filterPatterns: readonly FilterPattern[];
  /** Records that later ones of their key may pass while they wait for a retry. */
  readonly passablePatterns: readonly FilterPattern[];
  readonly checkpoint: 'broker' | 'postgres' | 'handler';
  /** Undefined: one made of the function's name. Workers of one name share the partitions and the checkpoint. */
  readonly consumerName: string | undefined;
  /** The level of the topic that is the partition key of a record from MQTT, from 1. */
  readonly partitionKeyTopicLevel: number | undefined;
  readonly retryDelay: RetryDelay;
  readonly enabled: boolean;
}

export type ParsedRabbitmqStreamOptions =
  | { readonly ok: true; readonly options: RabbitmqStreamOptions }
  | RefusedOptions;
type Read = OptionsRead<typeof rules>;

const delayOf = ({ retryDelay }: Partial<Read>) => retryDelayOf(retryDelay, RETRY_DELAY_DEFAULT_S);

/** Rules between options; each speaks only of options that are well-formed by themselves. */
function conflicts(read: Partial<Read>): RefusedOption[] {
  const { stream, superStream, startingPosition, startingPositionTimestamp, destinations, retryDelay } = read;
  const delay = delayOf(read);
  const passable = read.passablePatterns ?? [];
  const faults = [...filterFaults(read.filterPatterns ?? []), ...filterFaults(passable, 'passablePatterns')];
  const { maximumConcurrency, parallelizationFactor = 1, maximumBatchingWindow = 0 } = read;
  if (maximumConcurrency !== undefined && (parallelizationFactor > 1 || maximumBatchingWindow > 0)) {
    faults.push({ option: 'maximumConcurrency', found: maximumConcurrency, allowed: rules.maximumConcurrency.allowed });
  }
  if ('maximumConcurrency' in read && maximumConcurrency === undefined && passable.length > 0) {
    faults.push({ option: 'passablePatterns', found: passable, allowed: rules.passablePatterns.allowed });
  }
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

/**
 * Checks the options of one `rabbitmqStream` trigger, alone and against each other, and applies defaults. Numbers may be
 * given as strings of digits. Every fault is reported, not the first.
 * Source of names, ranges and defaults: Lambda developer guide, "Lambda parameters for Amazon Kinesis Data Streams event
 * source mappings".
 */
export function parseRabbitmqStreamOptions(raw: unknown): ParsedRabbitmqStreamOptions {
  const parsed = readOptions(rules, raw, conflicts);
  if (!parsed.ok) return parsed;
  const {
    destinations,
    functionResponseType,
    startingPositionTimestamp,
    stream,
    superStream,
    consumerName,
    partitionKeyTopicLevel,
    maximumConcurrency,
    ...rest
  } = parsed.read;
  const options: RabbitmqStreamOptions = {
    ...rest,
    stream,
    superStream,
    consumerName,
    partitionKeyTopicLevel,
    maximumConcurrency,
    retryDelay: delayOf(parsed.read),
    startingPositionTimestampMs: startingPositionTimestamp,
    reportBatchItemFailures: functionResponseType === 'ReportBatchItemFailures',
    onFailure: destinations?.onFailure,
  };
  return { ok: true, options };
}
