import type { z } from 'zod';
import { continuedTrace } from '../observability/traceparent.ts';
import { type Telemetry, telemetry } from '../telemetry.ts';
import {
  type BatchRecord,
  batchHandler,
  type RecordFailure,
  type Refusal,
  type StreamHandler,
  type StreamTrail,
} from './batch-handler.ts';
import { schemaFaults } from './schema-faults.ts';

/** A record whose data was a valid message. */
interface StreamRecord<Message> {
  sequenceNumber: string;
  message: Message;
  traceId: string;
  /** W3C trace context, to pass on with what the record causes. */
  traceparent: string;
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

type Read<Message> = { taken: StreamRecord<Message> } | { refusal: Refusal };

function read<Message>(record: BatchRecord, { schema, partitionKey, agrees }: StreamRoute<Message>): Read<Message> {
  const { kinesis, messageAttributes, routingKey } = record;
  const refused = (reason: string, code: string, message: string) => ({ refusal: { reason, code, message } });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(kinesis.data, 'base64').toString());
  } catch (error) {
    // The parser's message would quote the data.
    if (error instanceof SyntaxError) return refused('not_json', 'poison_record', 'The data is not JSON.');
    throw error;
  }
  const result = schema.safeParse(value);
  if (!result.success) return refused('schema', 'poison_record', schemaFaults(result.error));
  const message = result.data;
  const isRouted = routingKey === undefined || agrees === undefined || agrees(message, routingKey);
  if (!isRouted || partitionKey(message) !== kinesis.partitionKey) {
    return refused('topic_mismatch', 'topic_mismatch', 'The message speaks for another than its topic or key.');
  }
  const traceparent = messageAttributes?.['traceparent'];
  const trace = continuedTrace(typeof traceparent === 'string' ? traceparent : undefined);
  return { taken: { sequenceNumber: kinesis.sequenceNumber, message, ...trace } };
}

/** A batch handler (batch-handler.ts) whose records are JSON that a schema checks, each with its trace. */
export const streamHandler = <Message>(route: StreamRoute<Message>, to: () => Telemetry = telemetry): StreamHandler =>
  batchHandler({ ...route, read: (record) => read(record, route) }, to);
