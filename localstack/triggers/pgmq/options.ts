import { z } from 'zod';
import type { FilterPattern } from '../filter-patterns.ts';
import { filterPatternsRule, flag, range, retryDelayRule } from '../option-schemas.ts';
import {
  filterFaults,
  type OptionsRead,
  type RefusedOption,
  type RetryDelay,
  readOptions,
  retryDelayOf,
} from '../read-options.ts';
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
const RETRY_DELAY_MINIMUM_DEFAULT_S = 1;

const queueName = z.string().max(QUEUE_NAME_LENGTH_MAX).regex(QUEUE_NAME);
const queueNameAllowed = `1 to ${QUEUE_NAME_LENGTH_MAX} of a-z, 0-9, _ and single -, starting with a letter or digit`;
const retrySeconds = z.number().min(0).max(VISIBILITY_TIMEOUT_MAX_S).optional();

/** Each option of a `pgmq` trigger: its schema, and what an error says is allowed. The names are AWS's. */
const pgmqOptionRules = {
  queue: { schema: queueName, allowed: queueNameAllowed },
  batchSize: {
    schema: z.int().min(1).max(BATCH_SIZE_MAX).default(BATCH_SIZE_DEFAULT),
    allowed: range(1, BATCH_SIZE_MAX),
  },
  maximumBatchingWindow: {
    schema: z.int().min(0).max(WINDOW_MAX_S).default(0),
    allowed: range(0, WINDOW_MAX_S, ' (seconds)'),
  },
  visibilityTimeout: {
    schema: z.int().min(1).max(VISIBILITY_TIMEOUT_MAX_S).default(VISIBILITY_TIMEOUT_DEFAULT_S),
    allowed: range(1, VISIBILITY_TIMEOUT_MAX_S, ' (seconds)'),
  },
  maximumConcurrency: {
    schema: z.int().min(1).max(CONCURRENCY_MAX).default(CONCURRENCY_DEFAULT),
    allowed: range(1, CONCURRENCY_MAX),
  },
  maximumRetryAttempts: {
    schema: z.int().min(-1).max(RETRY_ATTEMPTS_MAX).default(RETRY_ATTEMPTS_DEFAULT),
    allowed: `an integer from -1 (for ever) to ${RETRY_ATTEMPTS_MAX}`,
  },
  functionResponseType: { schema: z.literal('ReportBatchItemFailures').optional(), allowed: 'ReportBatchItemFailures' },
  deadLetterQueue: { schema: queueName.optional(), allowed: `${queueNameAllowed}; not the queue itself` },
  retryDelay: retryDelayRule(retrySeconds, VISIBILITY_TIMEOUT_MAX_S),
  filterPatterns: filterPatternsRule('{body: {kind: [alert]}}'),
  enabled: { schema: flag(true), allowed: 'true or false' },
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
  readonly retryDelay: RetryDelay;
  readonly filterPatterns: readonly FilterPattern[];
  readonly enabled: boolean;
}

export type ParsedPgmqOptions = { readonly ok: true; readonly options: PgmqOptions } | RefusedOptions;
type Read = OptionsRead<typeof pgmqOptionRules>;

const deadLetterQueueOf = (queue: string, given: string | undefined) => given ?? `${queue}_dlq`;

function delayOf({ retryDelay, visibilityTimeout = VISIBILITY_TIMEOUT_DEFAULT_S }: Partial<Read>): RetryDelay {
  return retryDelayOf(retryDelay, { minimum: RETRY_DELAY_MINIMUM_DEFAULT_S, maximum: visibilityTimeout });
}

/** Rules between options; each speaks only of options that are well-formed by themselves. */
function conflicts(read: Partial<Read>, functionTimeoutS: number): RefusedOption[] {
  const { queue, visibilityTimeout, maximumBatchingWindow: window } = read;
  const delay = delayOf(read);
  const faults = filterFaults(read.filterPatterns ?? []);
  if (delay.minimum > delay.maximum) {
    faults.push({ option: 'retryDelay', found: read.retryDelay, allowed: pgmqOptionRules.retryDelay.allowed });
  }
  if (visibilityTimeout !== undefined && window !== undefined && visibilityTimeout < functionTimeoutS + window) {
    const least = `the function's timeout (${functionTimeoutS} s) and maximumBatchingWindow (${window} s) together`;
    faults.push({ option: 'visibilityTimeout', found: visibilityTimeout, allowed: `at least ${least}` });
  }
  if (queue !== undefined) {
    const deadLetterQueue = deadLetterQueueOf(queue, read.deadLetterQueue);
    if (deadLetterQueue === queue || deadLetterQueue.length > QUEUE_NAME_LENGTH_MAX) {
      const { allowed } = pgmqOptionRules.deadLetterQueue;
      faults.push({ option: 'deadLetterQueue', found: deadLetterQueue, allowed });
    }
  }
  return faults;
}

/**
 * Checks the options of one `pgmq` trigger, alone and against each other, and applies defaults.
 * `functionTimeoutS` is the function's `timeout`. Every fault is reported, not the first.
 * Source of ranges and of the rule on the visibility timeout: Lambda developer guide, "Using Lambda with Amazon SQS".
 */
export function parsePgmqOptions(raw: unknown, functionTimeoutS: number): ParsedPgmqOptions {
  const parsed = readOptions(pgmqOptionRules, raw, (read) => conflicts(read, functionTimeoutS));
  if (!parsed.ok) return parsed;
  const { functionResponseType, deadLetterQueue, ...rest } = parsed.read;
  const options: PgmqOptions = {
    ...rest,
    reportBatchItemFailures: functionResponseType === 'ReportBatchItemFailures',
    deadLetterQueue: deadLetterQueueOf(rest.queue, deadLetterQueue),
    retryDelay: delayOf(parsed.read),
  };
  return { ok: true, options };
}
