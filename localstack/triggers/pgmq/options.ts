import { z } from 'zod';
import { compileFilter, type FilterPattern, FilterPatternError } from '../filter-patterns.ts';
import type { RefusedOptions } from '../trigger-kind.ts';

/** pgmq.validate_queue_name: 47 characters, so that template_pgmq_q_<queue> stays an identifier. */
const QUEUE_NAME_LENGTH_MAX = 47;
/** pgmq.format_table_name lower-cases names and refuses `--`; a narrower rule keeps one name for one queue. */
const QUEUE_NAME = /^(?!.*--)[a-z0-9][a-z0-9_-]*$/;
/** Lambda: an SQS event source mapping's batchSize is 1 to 10,000 and 10 unless told. */
const BATCH_SIZE_MAX = 10_000;
const BATCH_SIZE_DEFAULT = 10;
/** Lambda: MaximumBatchingWindowInSeconds is 0 to 300. */
const WINDOW_MAX_S = 300;
/** SQS: a visibility timeout is 0 s to 12 h, 30 s unless told; 0 would hand every record out again at once. */
const VISIBILITY_TIMEOUT_MAX_S = 43_200;
const VISIBILITY_TIMEOUT_DEFAULT_S = 30;
/** Lambda: ScalingConfig.MaximumConcurrency goes up to 1,000; unset, five pollers start. */
const CONCURRENCY_MAX = 1_000;
const CONCURRENCY_DEFAULT = 5;
/** Lambda: MaximumRetryAttempts is -1 (for ever) to 10,000. Four retries after the first attempt: five receives. */
const RETRY_ATTEMPTS_MAX = 10_000;
const RETRY_ATTEMPTS_DEFAULT = 4;
/** Lambda: filter criteria hold up to 10 patterns once the quota is raised (5 by default). */
const FILTER_PATTERNS_MAX = 10;
const RETRY_DELAY_MINIMUM_DEFAULT_S = 1;

const queueName = z.string().max(QUEUE_NAME_LENGTH_MAX).regex(QUEUE_NAME);
const queueNameAllowed = `1 to ${QUEUE_NAME_LENGTH_MAX} of a-z, 0-9, _ and single -, starting with a letter or digit`;
const retrySeconds = z.number().min(0).max(VISIBILITY_TIMEOUT_MAX_S);
const retryDelay = z.strictObject({ minimum: retrySeconds.optional(), maximum: retrySeconds.optional() });

/** Each option of a `pgmq` trigger: its schema, and what an error says is allowed. The names are AWS's. */
const pgmqOptionRules = {
  queue: { schema: queueName, allowed: queueNameAllowed },
  batchSize: {
    schema: z.int().min(1).max(BATCH_SIZE_MAX).default(BATCH_SIZE_DEFAULT),
    allowed: `an integer from 1 to ${BATCH_SIZE_MAX}`,
  },
  maximumBatchingWindow: {
    schema: z.int().min(0).max(WINDOW_MAX_S).default(0),
    allowed: `an integer from 0 to ${WINDOW_MAX_S} (seconds)`,
  },
  visibilityTimeout: {
    schema: z.int().min(1).max(VISIBILITY_TIMEOUT_MAX_S).default(VISIBILITY_TIMEOUT_DEFAULT_S),
    allowed: `an integer from 1 to ${VISIBILITY_TIMEOUT_MAX_S} (seconds)`,
  },
  maximumConcurrency: {
    schema: z.int().min(1).max(CONCURRENCY_MAX).default(CONCURRENCY_DEFAULT),
    allowed: `an integer from 1 to ${CONCURRENCY_MAX}`,
  },
  maximumRetryAttempts: {
    schema: z.int().min(-1).max(RETRY_ATTEMPTS_MAX).default(RETRY_ATTEMPTS_DEFAULT),
    allowed: `an integer from -1 (for ever) to ${RETRY_ATTEMPTS_MAX}`,
  },
  functionResponseType: { schema: z.literal('ReportBatchItemFailures').optional(), allowed: 'ReportBatchItemFailures' },
  deadLetterQueue: { schema: queueName.optional(), allowed: `${queueNameAllowed}; not the queue itself` },
  retryDelay: {
    schema: retryDelay.optional(),
    allowed: `minimum and maximum, numbers from 0 to ${VISIBILITY_TIMEOUT_MAX_S} (seconds), minimum not above maximum`,
  },
  filterPatterns: {
    schema: z.array(z.record(z.string(), z.unknown())).min(1).max(FILTER_PATTERNS_MAX).optional(),
    allowed: `1 to ${FILTER_PATTERNS_MAX} EventBridge-style patterns, such as {body: {kind: [alert]}}`,
  },
  enabled: { schema: z.boolean().default(true), allowed: 'true or false' },
} as const;

/** Options of a `pgmq` trigger with all defaults applied; seconds as in serverless.yml. */
export interface PgmqOptions {
  readonly queue: string;
  readonly batchSize: number;
  readonly maximumBatchingWindow: number;
  readonly visibilityTimeout: number;
  readonly maximumConcurrency: number;
  readonly maximumRetryAttempts: number;
  readonly reportBatchItemFailures: boolean;
  readonly deadLetterQueue: string;
  readonly retryDelay: { readonly minimum: number; readonly maximum: number };
  readonly filterPatterns: readonly FilterPattern[];
  readonly enabled: boolean;
}

export type ParsedPgmqOptions = { readonly ok: true; readonly options: PgmqOptions } | RefusedOptions;
type Fault = RefusedOptions['faults'][number];

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

const atPath = (base: string, path: readonly PropertyKey[]) => [base, ...path.map(String)].join('.');

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/**
 * Checks the options of one `pgmq` trigger, alone and against each other, and applies defaults.
 * `functionTimeoutS` is the function's `timeout`. Every fault is reported, not the first.
 * Source of ranges and of the rule on the visibility timeout: Lambda developer guide, "Using Lambda with Amazon SQS".
 */
export function parsePgmqOptions(raw: unknown, functionTimeoutS: number): ParsedPgmqOptions {
  const names = Object.keys(pgmqOptionRules);
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return { ok: false, faults: [{ option: '(all)', found: raw, allowed: `an object with ${names.join(', ')}` }] };
  }
  const given = new Map(Object.entries(raw));
  const faults: Fault[] = [...given.keys()]
    .filter((name) => !names.includes(name))
    .map((name) => ({ option: name, found: given.get(name), allowed: `one of the options ${names.join(', ')}` }));

  function read<Name extends keyof typeof pgmqOptionRules>(
    name: Name,
  ): z.output<(typeof pgmqOptionRules)[Name]['schema']> | undefined {
    const { schema, allowed } = pgmqOptionRules[name];
    const parsed = schema.safeParse(given.get(name));
    if (parsed.success) return parsed.data as z.output<(typeof pgmqOptionRules)[Name]['schema']>;
    for (const issue of parsed.error.issues) {
      const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
      faults.push({ option: atPath(name, path), found: valueAt(given.get(name), path), allowed });
    }
    return undefined;
  }

  const queue = read('queue');
  const batchSize = read('batchSize');
  const window = read('maximumBatchingWindow');
  const visibilityTimeout = read('visibilityTimeout');
  const maximumConcurrency = read('maximumConcurrency');
  const maximumRetryAttempts = read('maximumRetryAttempts');
  const responseType = read('functionResponseType');
  const deadLetterQueue = read('deadLetterQueue') ?? (queue === undefined ? undefined : `${queue}_dlq`);
  const delay = read('retryDelay');
  const filterPatterns = read('filterPatterns') ?? [];
  const enabled = read('enabled');
  faults.push(...filterFaults(filterPatterns));

  const minimum = delay?.minimum ?? Math.min(RETRY_DELAY_MINIMUM_DEFAULT_S, delay?.maximum ?? Infinity);
  const maximum = delay?.maximum ?? Math.max(visibilityTimeout ?? VISIBILITY_TIMEOUT_DEFAULT_S, minimum);
  if (minimum > maximum) {
    faults.push({ option: 'retryDelay', found: delay, allowed: pgmqOptionRules.retryDelay.allowed });
  }
  if (visibilityTimeout !== undefined && window !== undefined && visibilityTimeout < functionTimeoutS + window) {
    const least = `the function's timeout (${functionTimeoutS} s) and maximumBatchingWindow (${window} s) together`;
    faults.push({ option: 'visibilityTimeout', found: visibilityTimeout, allowed: `at least ${least}` });
  }
  if (queue !== undefined && deadLetterQueue !== undefined) {
    if (deadLetterQueue === queue || deadLetterQueue.length > QUEUE_NAME_LENGTH_MAX) {
      const { allowed } = pgmqOptionRules.deadLetterQueue;
      faults.push({ option: 'deadLetterQueue', found: deadLetterQueue, allowed });
    }
  }

  if (
    faults.length > 0 ||
    queue === undefined ||
    batchSize === undefined ||
    window === undefined ||
    visibilityTimeout === undefined ||
    maximumConcurrency === undefined ||
    maximumRetryAttempts === undefined ||
    deadLetterQueue === undefined ||
    enabled === undefined
  ) {
    return { ok: false, faults };
  }
  return {
    ok: true,
    options: {
      queue,
      batchSize,
      maximumBatchingWindow: window,
      visibilityTimeout,
      maximumConcurrency,
      maximumRetryAttempts,
      reportBatchItemFailures: responseType === 'ReportBatchItemFailures',
      deadLetterQueue,
      retryDelay: { minimum, maximum },
      filterPatterns,
      enabled,
    },
  };
}
