import type { SQSBatchItemFailure, SQSEvent } from 'aws-lambda';
import { z } from 'zod';
import { HeartlineError, PermanentError, TransientError } from '../errors.ts';
import { type Telemetry, type Trail, telemetry } from '../telemetry.ts';

/** A record whose body was a valid message. */
export interface QueueRecord<Message> {
  messageId: string;
  message: Message;
}

/** A record that failed alone, and why. */
export interface QueueFailure {
  messageId: string;
  error: HeartlineError;
}

export interface QueueRoute<Message> {
  /** The function's name in functions.yml. */
  name: string;
  stage: string;
  schema: z.ZodType<Message>;
  /** Applies the good records, all or none; or those that it does not return, where each has an effect of its own. */
  apply(records: readonly QueueRecord<Message>[], trail: Trail): Promise<void> | Promise<readonly QueueFailure[]>;
}

/** Beside what AWS reads, why: our event source writes it to the record's dead letter. */
interface ExplainedFailure extends SQSBatchItemFailure {
  error: { code: string; name: string; message: string };
}

export type QueueHandler = (event: SQSEvent) => Promise<{ batchItemFailures: ExplainedFailure[] }>;

/** What a batch looks like before its messages are read: SQS's shape, with pgmq's msg_id (a bigint) as the message id. */
const batchSchema = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      body: z.string(),
    }),
  ),
});
const PGMQ_MESSAGE_ID = /^\d{1,18}$/;

type Parsed<Message> = { record: QueueRecord<Message> } | { messageId: string; error: PermanentError };

function explained(itemIdentifier: string, error: unknown): ExplainedFailure {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof HeartlineError ? error.code : name;
  return { itemIdentifier, error: { code, name, message } };
}

const reported = (failures: Awaited<ReturnType<QueueRoute<unknown>['apply']>>): ExplainedFailure[] =>
  (failures ?? []).map(({ messageId, error }) => explained(messageId, error));

function parseRecord<Message>(messageId: string, body: string, schema: z.ZodType<Message>): Parsed<Message> {
  const poison = (reason: string) => ({ messageId, error: new PermanentError('poison_record', reason) });
  if (!PGMQ_MESSAGE_ID.test(messageId)) return poison('The message id is not a pgmq msg_id.');
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    // The parser's message would quote the body.
    if (error instanceof SyntaxError) return poison('The body is not JSON.');
    throw error;
  }
  const result = schema.safeParse(value);
  if (result.success) return { record: { messageId, message: result.data } };
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return poison(`The message is not valid: ${faults.join('; ')}`);
}

/**
 * A handler for batches from pgmq in SQS's shape, for `functionResponseType: ReportBatchItemFailures`: records that cannot
 * be read are reported one by one and leave the others unaffected; the good ones are applied together.
 *
 * A transient error is thrown: the whole batch comes back (AWS Lambda, "Using Lambda with SQS: error handling"). Any
 * other error may be one record's fault: then each is applied alone, and those that fail are reported.
 */
export function queueHandler<Message>(route: QueueRoute<Message>, to: () => Telemetry = telemetry): QueueHandler {
  async function applyOneByOne(records: readonly QueueRecord<Message>[], trail: Trail): Promise<ExplainedFailure[]> {
    const failures: ExplainedFailure[] = [];
    for (const record of records) {
      try {
        failures.push(...reported(await route.apply([record], trail)));
      } catch (error) {
        if (error instanceof TransientError) throw error;
        trail.log.error('record failed', { messageId: record.messageId, error });
        failures.push(explained(record.messageId, error));
      }
    }
    return failures;
  }

  async function applyBatch(records: readonly QueueRecord<Message>[], trail: Trail): Promise<ExplainedFailure[]> {
    if (records.length === 0) return [];
    try {
      return reported(await route.apply(records, trail));
    } catch (error) {
      const level = error instanceof HeartlineError ? 'warn' : 'error';
      trail.log[level]('batch failed', { records: records.length, error });
      if (error instanceof TransientError) throw error;
      return applyOneByOne(records, trail);
    }
  }

  return async (event) => {
    const batch = batchSchema.safeParse(event);
    if (!batch.success) throw new PermanentError('not_a_batch', 'The event has no Records in the shape of SQS.');
    const { log, metrics } = to();
    const invocation = metrics.invocation();
    const trail: Trail = {
      log: log.child({ function: route.name, stage: route.stage }),
      recordMetric: invocation.recordMetric,
    };
    try {
      const records: QueueRecord<Message>[] = [];
      const failures: ExplainedFailure[] = [];
      for (const { messageId, body } of batch.data.Records) {
        const parsed = parseRecord(messageId, body, route.schema);
        if ('record' in parsed) {
          records.push(parsed.record);
        } else {
          trail.log.warn('record refused', { messageId, error: parsed.error });
          failures.push(explained(messageId, parsed.error));
        }
      }
      failures.push(...(await applyBatch(records, trail)));
      return { batchItemFailures: failures };
    } finally {
      invocation.flush();
    }
  };
}
