import { hash } from 'node:crypto';
import type { SQSMessageAttribute, SQSMessageAttributes, SQSRecord } from 'aws-lambda';
import type { MachineRecord } from './machine-types.ts';

/** A message as the database gives it: numbers that may pass 2^53 and JSON stay text. */
export interface MessageRow {
  readonly msg_id: string;
  readonly read_ct: number;
  readonly enqueued_ms: string;
  /** Microseconds since 1970: the moment of this read, which no other read of the message shares. */
  readonly read_us: string;
  /** Text of the jsonb; null when the column is NULL. */
  readonly body: string | null;
  readonly headers: string | null;
}

/** A message on its way to the handler: what the machine decides by, what the database needs, what the handler gets. */
export interface QueueRecord extends MachineRecord {
  readonly receipt: { readonly readCount: number; readonly readUs: string };
  readonly event: SQSRecord;
}

const MICROSECONDS_PER_MS = 1_000n;

function attribute(value: unknown): SQSMessageAttribute {
  if (typeof value === 'string') return { stringValue: value, dataType: 'String' };
  return { stringValue: JSON.stringify(value) ?? 'null', dataType: typeof value === 'number' ? 'Number' : 'String' };
}

/** pgmq headers as SQS message attributes; headers that are no object become the one attribute `headers`. */
function messageAttributes(headers: string | null): SQSMessageAttributes {
  if (headers === null) return {};
  const parsed: unknown = JSON.parse(headers);
  if (parsed === null) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    return { headers: { stringValue: headers, dataType: 'String' } };
  }
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, attribute(value)]));
}

function sqsRecord(row: MessageRow, queue: string): SQSRecord {
  const body = row.body ?? 'null';
  const readMs = String(BigInt(row.read_us) / MICROSECONDS_PER_MS);
  return {
    messageId: row.msg_id,
    receiptHandle: `${row.msg_id}:${row.read_ct}:${row.read_us}`,
    body,
    attributes: {
      ApproximateReceiveCount: String(row.read_ct),
      SentTimestamp: row.enqueued_ms,
      // pgmq keeps the latest read only; of a redelivered message the sending is the nearest bound that is known.
      ApproximateFirstReceiveTimestamp: row.read_ct === 1 ? readMs : row.enqueued_ms,
      SenderId: 'pgmq',
    },
    messageAttributes: messageAttributes(row.headers),
    md5OfBody: hash('md5', body),
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:local:000000000000:${queue}`,
    awsRegion: 'local',
  };
}

/**
 * The record as filter patterns see it: `body` is the message's JSON instead of its text (Lambda parses a JSON body
 * before it filters).
 */
function filterable(event: SQSRecord): unknown {
  return { ...event, body: JSON.parse(event.body) as unknown };
}

/**
 * Makes a {@link QueueRecord} of a row. `visibleUntilMs` is on this process's clock; `passes` is the trigger's filter,
 * undefined when it has none.
 */
export function queueRecord(
  row: MessageRow,
  queue: string,
  visibleUntilMs: number,
  passes: ((record: unknown) => boolean) | undefined,
): QueueRecord {
  const event = sqsRecord(row, queue);
  return {
    id: row.msg_id,
    attempt: row.read_ct,
    bytes: Buffer.byteLength(JSON.stringify(event)),
    visibleUntilMs,
    filtered: passes !== undefined && !passes(filterable(event)),
    receipt: { readCount: row.read_ct, readUs: row.read_us },
    event,
  };
}
