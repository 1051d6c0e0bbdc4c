import { AmqpReader } from './amqp-reader.ts';
import { type MessageHeader, type MessageProperties, readHeader, readProperties } from './amqp-sections.ts';
import { AmqpDecodeError, type AmqpMap, type AmqpValue } from './amqp-value.ts';

/** An AMQP 1.0 message; a section that was not there is absent. */
export interface DecodedMessage {
  readonly undecodable?: never;
  readonly header?: MessageHeader;
  readonly deliveryAnnotations?: AmqpMap;
  /** From MQTT: `x-routing-key` is the topic with dots, `x-exchange` amq.topic. */
  readonly messageAnnotations?: AmqpMap;
  readonly properties?: MessageProperties;
  /** From MQTT 5: the user properties. */
  readonly applicationProperties?: AmqpMap;
  readonly footer?: AmqpMap;
  readonly body: MessageBody;
  /** The data sections as one; empty for a body of values. */
  readonly content: Buffer;
}

type MessageBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'data'; readonly parts: readonly Buffer[] }
  | { readonly kind: 'sequence'; readonly lists: readonly (readonly AmqpValue[])[] }
  | { readonly kind: 'value'; readonly value: AmqpValue };

/** What cannot be read as a message, with all of its bytes, for the dead letters. */
export interface Undecodable {
  readonly undecodable: string;
  readonly bytes: Buffer;
}

const EMPTY = Buffer.alloc(0);

/** OASIS AMQP 1.0 part 3, section 3.2: descriptors, as number and as symbol. */
const SECTIONS: ReadonlyMap<AmqpValue, SectionName> = new Map(
  (
    [
      [0x70n, 'amqp:header:list', 'header'],
      [0x71n, 'amqp:delivery-annotations:map', 'deliveryAnnotations'],
      [0x72n, 'amqp:message-annotations:map', 'messageAnnotations'],
      [0x73n, 'amqp:properties:list', 'properties'],
      [0x74n, 'amqp:application-properties:map', 'applicationProperties'],
      [0x75n, 'amqp:data:binary', 'data'],
      [0x76n, 'amqp:amqp-sequence:list', 'sequence'],
      [0x77n, 'amqp:amqp-value:*', 'value'],
      [0x78n, 'amqp:footer:map', 'footer'],
    ] as const
  ).flatMap(([code, symbol, name]): [AmqpValue, SectionName][] => [
    [code, name],
    [symbol, name],
  ]),
);
type SectionName = keyof Omit<DecodedMessage, 'undecodable' | 'body' | 'content'> | 'data' | 'sequence' | 'value';

interface Draft {
  header?: MessageHeader;
  deliveryAnnotations?: AmqpMap;
  messageAnnotations?: AmqpMap;
  properties?: MessageProperties;
  applicationProperties?: AmqpMap;
  footer?: AmqpMap;
  parts: Buffer[];
  lists: (readonly AmqpValue[])[];
  values: AmqpValue[];
}

/**
 * Reads one record of a stream as an AMQP 1.0 message. Never throws, and takes time linear in the bytes: what is no
 * message comes back as undecodable with the reason. Sections may come in any order; two of one kind, where only one may be, may not.
 */
export function decodeMessage(bytes: Buffer): DecodedMessage | Undecodable {
  try {
    const reader = new AmqpReader(bytes);
    const draft: Draft = { parts: [], lists: [], values: [] };
    while (!reader.atEnd) addSection(draft, reader.read());
    const { parts, lists, values, ...sections } = draft;
    const [first = EMPTY] = parts;
    return { ...sections, body: bodyOf(draft), content: parts.length > 1 ? Buffer.concat(parts) : first };
  } catch (error) {
    const reason = error instanceof AmqpDecodeError ? error.message : `decoder failed: ${String(error)}`;
    return { undecodable: reason, bytes };
  }
}

function addSection(draft: Draft, section: AmqpValue): void {
  const described = isDescribed(section) ? section : undefined;
  const name = described && SECTIONS.get(described.descriptor);
  if (described === undefined || name === undefined) throw new AmqpDecodeError('not a section of a message');
  const { value } = described;
  switch (name) {
    case 'data':
      if (!Buffer.isBuffer(value)) throw new AmqpDecodeError('data that is not binary');
      draft.parts.push(value);
      return;
    case 'sequence':
      if (!Array.isArray(value)) throw new AmqpDecodeError('a sequence that is not a list');
      draft.lists.push(value);
      return;
    case 'value':
      draft.values.push(value);
      return;
  }
  if (draft[name] !== undefined) throw new AmqpDecodeError(`two sections ${name}`);
  if (name === 'header') draft.header = readHeader(value);
  else if (name === 'properties') draft.properties = readProperties(value);
  else if (value instanceof Map) draft[name] = value;
  else throw new AmqpDecodeError(`${name} is not a map`);
}

function bodyOf({ parts, lists, values }: Draft): MessageBody {
  const kinds = [parts, lists, values].filter((sections) => sections.length > 0).length;
  if (kinds > 1 || values.length > 1) throw new AmqpDecodeError('more than one body');
  const [value] = values;
  if (value !== undefined) return { kind: 'value', value };
  if (parts.length > 0) return { kind: 'data', parts };
  return lists.length > 0 ? { kind: 'sequence', lists } : { kind: 'none' };
}

function isDescribed(value: AmqpValue): value is Extract<AmqpValue, { descriptor: AmqpValue }> {
  return typeof value === 'object' && value !== null && 'descriptor' in value;
}
