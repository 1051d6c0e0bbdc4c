import { z } from 'zod';
import { giveBackSignal } from '../../localstack/triggers/give-back.ts';
import { type HeartlineError, PermanentError, TransientError } from '../errors.ts';
import { continuedTrace } from '../observability/traceparent.ts';
import { type Telemetry, type Trail, telemetry } from '../telemetry.ts';
import { schemaFaults } from './schema-faults.ts';

/** A record whose data was a valid message. */
interface StreamRecord<Message> {
  sequenceNumber: string;
  message: Message;
  traceId: string;
  /** W3C trace context, to pass on with what the record causes. */
  traceparent: string;
}

/** What the event source gives a handler that stores the checkpoint itself (`checkpoint: postgres`). */
interface StreamCheckpoint {
  consumer: string;
  epoch: bigint;
  /** Where the checkpoint is once the whole batch is done; undefined when it must not move with this batch. */
  position: bigint | undefined;
}

interface StreamTrail extends Trail {
  checkpoint: StreamCheckpoint | undefined;
  /** Aborted when this process stops and waits no longer: what is thrown then comes again elsewhere, at once. */
  giveBack: AbortSignal | undefined;
}

/** A record that is given up on: no retry can mend it. */
interface RecordFailure {
  sequenceNumber: string;
  error: HeartlineError;
}

export interface StreamRoute<Message> {
  /** The function's name in functions.yml. */
  name: string;
  stage: string;
  schema: z.ZodType<Message>;
  /** What the record's partition key has to be: whoever sent it under another key speaks for somebody else. */
  partitionKey: (message: Message) => string;
  /** Whether the message agrees with what the broker routed it by; asked where that is known. */
  agrees?: (message: Message, routingKey: string) => boolean;
  /** Applies the good records, all or none, in their order; returns those that it refuses for good. */
  apply(records: readonly StreamRecord<Message>[], trail: StreamTrail): Promise<readonly RecordFailure[]>;
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
const batchSchema = z.object({
  Records: z.array(
    z.object({
      kinesis: z.object({ data: z.string(), sequenceNumber: z.string(), partitionKey: z.string() }),
      messageAttributes: z.record(z.string(), z.unknown()).optional(),
      routingKey: z.string().optional(),
    }),
  ),
  checkpoint: z
    .object({
      consumer: z.string(),
      epoch: digits,
      position: digits.optional(),
    })
    .optional(),
});
type RawRecord = z.output<typeof batchSchema>['Records'][number];

type Read<Message> = { record: StreamRecord<Message> } | { failure: RecordFailure; reason: string };

function read<Message>(raw: RawRecord, { schema, partitionKey, agrees }: StreamRoute<Message>): Read<Message> {
  const { kinesis, messageAttributes, routingKey } = raw;
  const { sequenceNumber } = kinesis;
  const refused = (reason: string, code: string, message: string): Read<Message> => ({
    failure: { sequenceNumber, error: new PermanentError(code, message) },
    reason,
  });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(kinesis.data, 'base64').toString());
  } catch (error) {
    // The parser's message would quote the data.
    if (error instanceof SyntaxError) return refused('not_json', 'poison_record', 'The data is not JSON.');
    throw error;
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    return refused('schema', 'poison_record', schemaFaults(result.error));
  }
  const message = result.data;
  const isRouted = routingKey === undefined || agrees === undefined || agrees(message, routingKey);
  if (!isRouted || partitionKey(message) !== kinesis.partitionKey) {
    return refused('topic_mismatch', 'topic_mismatch', 'The message speaks for another than its topic or key.');
  }
  const traceparent = messageAttributes?.['traceparent'];
  const trace = continuedTrace(typeof traceparent === 'string' ? traceparent : undefined);
  return { record: { sequenceNumber, message, ...trace } };
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
export function streamHandler<Message>(route: StreamRoute<Message>, to: () => Telemetry = telemetry): StreamHandler {
  const { name, stage } = route;

  async function take(event: unknown, trail: Trail): Promise<RecordFailure[]> {
    const batch = batchSchema.safeParse(event);
    if (!batch.success) throw new PermanentError('not_a_batch', 'The event has no Records in the shape of Kinesis.');
    const { Records, checkpoint } = batch.data;
    trail.recordMetric('consumer_received_msgs', Records.length, { stage });
    const records: StreamRecord<Message>[] = [];
    const failures: RecordFailure[] = [];
    for (const raw of Records) {
      const result = read(raw, route);
      if ('record' in result) {
        records.push(result.record);
        continue;
      }
      const { failure, reason } = result;
      trail.recordMetric('messages_refused_total', 1, { stage, reason });
      trail.log.warn('record refused', { sequenceNumber: failure.sequenceNumber, reason, error: failure.error });
      failures.push(failure);
    }
    if (records.length === 0) return failures;
    const position = failures.length > 0 ? undefined : checkpoint?.position;
    const own = checkpoint === undefined ? undefined : { ...checkpoint, position };
    return [...failures, ...(await route.apply(records, { ...trail, checkpoint: own, giveBack: giveBackSignal() }))];
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
