import { z } from 'zod';
import { giveBackSignal } from '../../localstack/triggers/give-back.ts';
import { type HeartlineError, PermanentError, TransientError } from '../errors.ts';
import { type Telemetry, type Trail, telemetry } from '../telemetry.ts';

/** A record in Kinesis' shape, as far as it is looked at here. */
export interface BatchRecord {
  /** `data`: base64; `approximateArrivalTimestamp`: seconds since 1970, when the broker wrote it. */
  readonly kinesis: {
    readonly data: string;
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    readonly approximateArrivalTimestamp?: number;
  };
  readonly messageAttributes?: Readonly<Record<string, unknown>>;
  readonly routingKey?: string | undefined;
}

/** What the event source gives a handler that stores the checkpoint itself (`checkpoint: postgres`, `checkpoint: handler`). */
interface StreamCheckpoint {
  consumer: string;
  epoch: bigint;
  /** Where the checkpoint is once the whole batch is done; undefined when it must not move with this batch. */
  position: bigint | undefined;
  /** Offset of the batch's first record, whether it can be read or not. */
  first: bigint;
  /** Whether all before the batch is done: for who stores what it knows of the records up to there. */
  allBefore: boolean;
}

export interface StreamTrail extends Trail {
  checkpoint: StreamCheckpoint | undefined;
  /** Aborted when this process stops and waits no longer: what is thrown then comes again elsewhere, at once. */
  giveBack: AbortSignal | undefined;
}

/** A record that is given up on: no retry can mend it. */
export interface RecordFailure {
  sequenceNumber: string;
  error: HeartlineError;
}

/** Why a record is given up on: `reason` for the metric, `code` and `message` for its dead letter. */
export interface Refusal {
  readonly reason: string;
  readonly code: string;
  readonly message: string;
}

export interface BatchRoute<Taken> {
  /** The function's name in functions.yml. */
  name: string;
  stage: string;
  read(record: BatchRecord): { readonly taken: Taken } | { readonly refusal: Refusal };
  /** Applies what was read, all or none, in its order; returns those that it refuses for good. */
  apply(taken: readonly Taken[], trail: StreamTrail): Promise<readonly RecordFailure[]>;
}

/** Beside what AWS reads, why: with `retriable: false` our event source gives up on the record alone, at once. */
interface ExplainedFailure {
  itemIdentifier: string;
  error: { code: string; name: string; message: string; retriable: false };
}

export type StreamHandler = (event: unknown) => Promise<{ batchItemFailures: ExplainedFailure[] }>;

const digits = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform(BigInt);
const checkpointSchema = z
  .object({ consumer: z.string(), epoch: digits, position: digits.optional() })
  .transform(({ consumer, epoch, position }) => ({ consumer, epoch, position }))
  .optional();

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** By hand: a schema would take longer for a record than the evaluation of a reading does. */
function isRecord(value: unknown): value is BatchRecord {
  if (!isObject(value) || !isObject(value['kinesis'])) return false;
  const { data, sequenceNumber, partitionKey, approximateArrivalTimestamp } = value['kinesis'];
  const { messageAttributes, routingKey } = value;
  return (
    typeof data === 'string' &&
    typeof sequenceNumber === 'string' &&
    typeof partitionKey === 'string' &&
    (approximateArrivalTimestamp === undefined || typeof approximateArrivalTimestamp === 'number') &&
    (routingKey === undefined || typeof routingKey === 'string') &&
    (messageAttributes === undefined || isObject(messageAttributes))
  );
}

const notABatch = () => new PermanentError('not_a_batch', 'The event has no Records in the shape of Kinesis.');

function batchOf(event: unknown): { Records: readonly BatchRecord[]; checkpoint: StreamCheckpoint | undefined } {
  const Records: unknown = isObject(event) ? event['Records'] : undefined;
  const checkpoint = checkpointSchema.safeParse(isObject(event) ? event['checkpoint'] : undefined);
  if (!Array.isArray(Records) || !Records.every(isRecord) || !checkpoint.success) throw notABatch();
  if (checkpoint.data === undefined || Records[0] === undefined) return { Records, checkpoint: undefined };
  const first = digits.safeParse(Records[0].kinesis.sequenceNumber);
  if (!first.success) throw notABatch();
  // A position is announced where nothing before the batch is left to do.
  const allBefore = checkpoint.data.position !== undefined;
  return { Records, checkpoint: { ...checkpoint.data, first: first.data, allBefore } };
}

const explained = ({ sequenceNumber, error: { code, name, message } }: RecordFailure): ExplainedFailure => ({
  itemIdentifier: sequenceNumber,
  error: { code, name, message, retriable: false },
});

/**
 * A handler for batches in Kinesis' shape, for `functionResponseType: ReportBatchItemFailures`: records that cannot be read
 * are reported one by one, as failed for good, and leave the others unaffected; the good ones are applied together, in order.
 *
 * Whatever apply throws, the whole batch comes again: of a TransientError as often as it takes.
 * While a record of the batch is refused its checkpoint is not the handler's to move: the dead letter comes first.
 */
export function batchHandler<Taken>(route: BatchRoute<Taken>, to: () => Telemetry = telemetry): StreamHandler {
  const { name, stage } = route;

  async function take(event: unknown, trail: Trail): Promise<RecordFailure[]> {
    const { Records, checkpoint } = batchOf(event);
    trail.recordMetric('consumer_received_msgs', Records.length, { stage });
    const taken: Taken[] = [];
    const failures: RecordFailure[] = [];
    for (const record of Records) {
      const result = route.read(record);
      if ('taken' in result) {
        taken.push(result.taken);
        continue;
      }
      const { reason, code, message } = result.refusal;
      const failure = {
        sequenceNumber: record.kinesis.sequenceNumber,
        error: new PermanentError(code, message),
      };
      trail.recordMetric('messages_refused_total', 1, { stage, reason });
      trail.log.warn('record refused', { sequenceNumber: failure.sequenceNumber, reason, error: failure.error });
      failures.push(failure);
    }
    if (taken.length === 0) return failures;
    const position = failures.length > 0 ? undefined : checkpoint?.position;
    const own = checkpoint === undefined ? undefined : { ...checkpoint, position };
    return [...failures, ...(await route.apply(taken, { ...trail, checkpoint: own, giveBack: giveBackSignal() }))];
  }

  return async (event) => {
    const { log, metrics } = to();
    const invocation = metrics.invocation();
    const trail: Trail = { log: log.child({ function: name, stage }), recordMetric: invocation.recordMetric };
    try {
      return { batchItemFailures: (await take(event, trail)).map(explained) };
    } catch (error) {
      trail.log[error instanceof TransientError ? 'warn' : 'error']('batch failed', { error });
      throw error;
    } finally {
      invocation.flush();
    }
  };
}
