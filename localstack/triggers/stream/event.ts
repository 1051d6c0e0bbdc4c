import type { KinesisStreamRecord } from 'aws-lambda';
import { failureOf } from '../failure.ts';
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
  /** What the broker routed it by, an MQTT topic with dots; undefined of what was published to the stream itself. */
  readonly routingKey: string | undefined;
  /** AMQP application properties that are text: MQTT 5 user properties, for one. */
  readonly attributes: Readonly<Record<string, string>>;
  /** When it was written, on the broker's clock. */
  readonly writtenMs: number;
}

/** What a record in the handler's event has beside Kinesis' fields. */
export type StreamEventRecord = KinesisStreamRecord & {
  readonly messageAttributes: Readonly<Record<string, string>>;
  readonly routingKey: string | undefined;
};

/** Fence and position that the handler may prove and store in its own transaction (`checkpoint: postgres` or `handler`). */
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
/** Four quotes, a colon and a comma. */
const ATTRIBUTE_JSON = 6;
const OWN = { enumerable: true, configurable: true, writable: true };

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
  const attributes: Record<string, string> = {};
  for (const [name, value] of applicationProperties) {
    if (typeof name !== 'string' || typeof value !== 'string') continue;
    // Assigned: records of one kind share their shape, which Object.fromEntries does not give them. This name alone would be lost.
    if (name === '__proto__') Object.defineProperty(attributes, name, { ...OWN, value });
    else attributes[name] = value;
  }
  return attributes;
}

/** What attributes take as JSON, characters that JSON escapes counted once. */
function attributeBytes(attributes: Readonly<Record<string, string>>): number {
  let characters = 0;
  for (const name in attributes) characters += name.length + (attributes[name]?.length ?? 0) + ATTRIBUTE_JSON;
  return characters * BYTES_PER_CHARACTER;
}

/** From 1. Without a split: for each record, that takes four times as long. */
function levelOf(routingKey: string, level: number): string | undefined {
  let from = 0;
  for (let before = 1; before < level; before += 1) {
    from = routingKey.indexOf('.', from) + 1;
    if (from === 0) return undefined;
  }
  const end = routingKey.indexOf('.', from);
  return end === -1 ? routingKey.slice(from) : routingKey.slice(from, end);
}

/**
 * The key that records keep their order by: the level of the topic that the options name (from 1, as topic(n) of an AWS
 * IoT rule), else AMQP's group-id, else its subject, else the whole routing key.
 */
function keyOf({ properties }: Decoded, routingKey: string | undefined, topicLevel: number | undefined): string {
  const level = topicLevel === undefined || routingKey === undefined ? undefined : levelOf(routingKey, topicLevel);
  return level ?? properties?.groupId ?? properties?.subject ?? routingKey ?? '';
}

function routingKeyOf({ messageAnnotations }: Decoded): string | undefined {
  const routingKey = messageAnnotations?.get('x-routing-key');
  return typeof routingKey === 'string' ? routingKey : undefined;
}

export interface RecordContext {
  readonly stream: string;
  readonly topicLevel: number | undefined;
  /** Undefined: all pass. */
  readonly passes: ((record: unknown) => boolean) | undefined;
  /** Undefined: none may be passed. */
  readonly isPassable: ((record: unknown) => boolean) | undefined;
  /** Of this process's clock, less the wall's. */
  readonly clockAheadMs: number;
}

/** Makes the trigger's record of a stream's; never throws: one that cannot be made is undecodable. */
export function eventRecord(record: StreamRecord, context: RecordContext): EventRecord {
  const { bytes, message } = record;
  const content = message.undecodable === undefined ? contentOf(message) : undefined;
  if (message.undecodable !== undefined || content === undefined) {
    return undecodable(record, context, message.undecodable ?? 'a body that is neither data, binary nor a string');
  }
  try {
    const attributes = attributesOf(message);
    const routingKey = routingKeyOf(message);
    // Each field by its name: spreads would make it several times as slow, for each record.
    const made: EventRecord = {
      offset: record.offset,
      stream: context.stream,
      writtenMs: record.timestampMs,
      timestampMs: record.timestampMs + context.clockAheadMs,
      key: keyOf(message, routingKey, context.topicLevel),
      routingKey,
      attributes,
      // What the handler does not get (annotations, properties that are no text) takes room here all the same.
      bytes: Math.max(bytes.length, content.length + attributeBytes(attributes)),
      undecodable: false,
      problem: undefined,
      filtered: false,
      passable: false,
      ...unpinned(bytes, content),
    };
    if (context.passes?.(filterable(made)) === false) return { ...made, raw: EMPTY, content: EMPTY, filtered: true };
    if (context.isPassable?.(filterable(made))) return { ...made, passable: true };
    return made;
  } catch (error) {
    return undecodable(record, context, `it cannot be handed over: ${failureOf(error).message}`);
  }
}

const common = (
  { offset, timestampMs }: StreamRecord,
  { stream, clockAheadMs }: Pick<RecordContext, 'stream' | 'clockAheadMs'>,
) => ({ offset, stream, writtenMs: timestampMs, timestampMs: timestampMs + clockAheadMs });

function undecodable(record: StreamRecord, context: RecordContext, problem: string): EventRecord {
  const { bytes } = record;
  const nothing = {
    key: '',
    routingKey: undefined,
    content: EMPTY,
    attributes: NO_ATTRIBUTES,
    filtered: false,
    passable: false,
    bytes: bytes.length,
  };
  return { ...common(record, context), ...nothing, raw: Buffer.from(bytes), undecodable: true, problem };
}

/** A copy: a view would keep the whole chunk in memory for as long as one record of it waits. */
function unpinned(bytes: Buffer, content: Buffer): Pick<EventRecord, 'raw' | 'content'> {
  const raw = Buffer.from(bytes);
  const at = content.byteOffset - bytes.byteOffset;
  const isWithin = content.buffer === bytes.buffer && at >= 0 && at + content.length <= bytes.length;
  return { raw, content: isWithin ? raw.subarray(at, at + content.length) : content };
}

type Shown = Omit<EventRecord, 'raw' | 'filtered'>;

/** Lambda filters Kinesis records by `data`, decoded and parsed, beside the record's metadata. */
function filterable(record: Shown): unknown {
  const { kinesis, ...metadata } = kinesisRecord({ ...record, content: EMPTY });
  return { ...metadata, ...kinesis, data: parsed(record.content) };
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

const arnOf = (stream: string) => `arn:aws:kinesis:local:000000000000:stream/${stream}`;

/**
 * The record in Kinesis' shape. `data` is made at once: for each record an object literal with a getter costs more than the
 * base64 of a small record does.
 */
export function kinesisRecord(record: Shown, streamArn = arnOf(record.stream)): StreamEventRecord {
  const { stream, offset, key, routingKey, content, attributes, writtenMs } = record;
  const sequenceNumber = String(offset);
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: key,
      sequenceNumber,
      data: content.toString('base64'),
      approximateArrivalTimestamp: writtenMs / MS_PER_S,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${stream}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
    awsRegion: 'local',
    eventSourceARN: streamArn,
    // Its own: what a handler writes into it does not show elsewhere, nor at the next try.
    messageAttributes: { ...attributes },
    routingKey,
  };
}

/** What the handler is invoked with; the records are of one partition. */
export function kinesisEvent(records: readonly EventRecord[], checkpoint: EventCheckpoint | undefined) {
  const streamArn = arnOf(records[0]?.stream ?? '');
  const Records = records.map((record) => kinesisRecord(record, streamArn));
  return checkpoint === undefined ? { Records } : { Records, checkpoint };
}
