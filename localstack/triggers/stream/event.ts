import type { KinesisStreamRecord } from 'aws-lambda';
import type { StreamRecord } from '../stream-client/delivery-queue.ts';
import type { MachineRecord } from './machine-types.ts';

/** A record on its way to the handler. */
export interface EventRecord extends MachineRecord {
  /** The partition it was read from. */
  readonly stream: string;
  /** As stored, for a dead letter. */
  readonly raw: Buffer;
  /** Why it cannot be read; undefined of one that can. */
  readonly problem: string | undefined;
  readonly content: Buffer;
  /** AMQP application properties that are text: MQTT 5 user properties, for one. */
  readonly attributes: Readonly<Record<string, string>>;
  /** When it was written, on the broker's clock. */
  readonly writtenMs: number;
}

/** What a record in the handler's event has beside Kinesis' fields. */
export type StreamEventRecord = KinesisStreamRecord & {
  readonly messageAttributes: Readonly<Record<string, string>>;
};

/** Fence and position that the handler may prove and store in its own transaction (`checkpoint: postgres`). */
export interface EventCheckpoint {
  readonly consumer: string;
  readonly epoch: string;
  /** Where the checkpoint is once the whole batch is done; absent when something before it is not. */
  readonly position?: string;
}

const MS_PER_S = 1_000;
const EMPTY = Buffer.alloc(0);
const NO_ATTRIBUTES: Readonly<Record<string, string>> = {};
/** base64 makes four characters of three bytes: attributes are text, and counted as bytes that become as many. */
const BYTES_PER_CHARACTER = 0.75;

type Message = StreamRecord['message'];
type Decoded = Exclude<Message, { undecodable: string }>;

/** The bytes a handler gets; undefined of a body that is neither bytes nor text. */
function contentOf({ body, content }: Decoded): Buffer | undefined {
  if (body.kind === 'data' || body.kind === 'none') return content;
  if (body.kind !== 'value') return undefined;
  if (Buffer.isBuffer(body.value)) return body.value;
  return typeof body.value === 'string' ? Buffer.from(body.value) : undefined;
}

function attributesOf({ applicationProperties }: Decoded): Readonly<Record<string, string>> {
  if (applicationProperties === undefined) return NO_ATTRIBUTES;
  const texts = [...applicationProperties].filter(
    (entry): entry is [string, string] => typeof entry[0] === 'string' && typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts);
}

/**
 * The key that records keep their order by: the level of the topic that the options name (from 1, as topic(n) of an AWS
 * IoT rule), else AMQP's group-id, else its subject, else the whole routing key.
 */
function keyOf({ messageAnnotations, properties }: Decoded, topicLevel: number | undefined): string {
  const routingKey = messageAnnotations?.get('x-routing-key');
  const topic = typeof routingKey === 'string' ? routingKey : '';
  const level = topicLevel === undefined ? undefined : topic.split('.')[topicLevel - 1];
  return level ?? properties?.groupId ?? properties?.subject ?? topic;
}

export interface RecordContext {
  readonly stream: string;
  readonly topicLevel: number | undefined;
  /** Undefined: all pass. */
  readonly passes: ((record: unknown) => boolean) | undefined;
  /** Of this process's clock, less the wall's. */
  readonly clockAheadMs: number;
}

/** Makes the trigger's record of a stream's; never throws. */
export function eventRecord(
  { offset, timestampMs, bytes, message }: StreamRecord,
  { stream, topicLevel, passes, clockAheadMs }: RecordContext,
): EventRecord {
  const common = { offset, stream, raw: bytes, writtenMs: timestampMs, timestampMs: timestampMs + clockAheadMs };
  const content = message.undecodable === undefined ? contentOf(message) : undefined;
  if (message.undecodable !== undefined || content === undefined) {
    const problem = message.undecodable ?? 'a body that is neither data, binary nor a string';
    const nothing = { key: '', content: EMPTY, attributes: NO_ATTRIBUTES, filtered: false, bytes: bytes.length };
    return { ...common, ...nothing, undecodable: true, problem };
  }
  const attributes = attributesOf(message);
  const attributeBytes = attributes === NO_ATTRIBUTES ? 0 : JSON.stringify(attributes).length * BYTES_PER_CHARACTER;
  const record = {
    ...common,
    key: keyOf(message, topicLevel),
    content,
    attributes,
    bytes: content.length + attributeBytes,
    filtered: false,
    undecodable: false,
    problem: undefined,
  };
  return passes === undefined || passes(filterable(record)) ? record : { ...record, filtered: true };
}

/** Lambda filters Kinesis records by `data`, decoded and parsed, beside the record's metadata. */
function filterable(record: EventRecord): unknown {
  const { kinesis, ...metadata } = kinesisRecord(record);
  const { data: _base64, ...fields } = kinesis;
  return { ...metadata, ...fields, data: parsed(record.content) };
}

function parsed(content: Buffer): unknown {
  const text = content.toString();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** The record in Kinesis' shape. `data` is made when it is read: who has no use for base64 does not pay for it. */
export function kinesisRecord({ stream, offset, key, content, attributes, writtenMs }: EventRecord): StreamEventRecord {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: key,
      sequenceNumber: String(offset),
      get data() {
        return content.toString('base64');
      },
      approximateArrivalTimestamp: writtenMs / MS_PER_S,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${stream}:${offset}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
    awsRegion: 'local',
    eventSourceARN: `arn:aws:kinesis:local:000000000000:stream/${stream}`,
    messageAttributes: attributes,
  };
}

/** What the handler is invoked with. */
export function kinesisEvent(records: readonly EventRecord[], checkpoint: EventCheckpoint | undefined) {
  const Records = records.map(kinesisRecord);
  return checkpoint === undefined ? { Records } : { Records, checkpoint };
}
