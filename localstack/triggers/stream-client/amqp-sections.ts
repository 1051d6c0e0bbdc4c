import { AmqpDecodeError, type AmqpValue } from './amqp-value.ts';

/** OASIS AMQP 1.0 part 3, section 3.2.1. */
export interface MessageHeader {
  readonly durable?: boolean;
  readonly priority?: number;
  readonly ttlMs?: number;
  readonly firstAcquirer?: boolean;
  readonly deliveryCount?: number;
}

type MessageId = string | bigint | Buffer;

/** OASIS AMQP 1.0 part 3, section 3.2.4. */
export interface MessageProperties {
  readonly messageId?: MessageId;
  readonly userId?: Buffer;
  readonly to?: string;
  readonly subject?: string;
  readonly replyTo?: string;
  readonly correlationId?: MessageId;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly absoluteExpiryTime?: Date | bigint;
  readonly creationTime?: Date | bigint;
  readonly groupId?: string;
  readonly groupSequence?: number;
  readonly replyToGroupId?: string;
}

type Check = (value: AmqpValue) => boolean;
type Fields<T> = readonly (readonly [keyof T & string, Check])[];

const isBoolean: Check = (value) => typeof value === 'boolean';
const isNumber: Check = (value) => typeof value === 'number';
const isText: Check = (value) => typeof value === 'string';
const isBinary: Check = (value) => Buffer.isBuffer(value);
const isTime: Check = (value) => value instanceof Date || typeof value === 'bigint';
const isId: Check = (value) => isText(value) || isBinary(value) || typeof value === 'bigint';
/** An address may be of any type (3.2.4, `address`); RabbitMQ writes text. */
const isAddress = isText;

const HEADER_FIELDS: Fields<MessageHeader> = [
  ['durable', isBoolean],
  ['priority', isNumber],
  ['ttlMs', isNumber],
  ['firstAcquirer', isBoolean],
  ['deliveryCount', isNumber],
];

const PROPERTY_FIELDS: Fields<MessageProperties> = [
  ['messageId', isId],
  ['userId', isBinary],
  ['to', isAddress],
  ['subject', isText],
  ['replyTo', isAddress],
  ['correlationId', isId],
  ['contentType', isText],
  ['contentEncoding', isText],
  ['absoluteExpiryTime', isTime],
  ['creationTime', isTime],
  ['groupId', isText],
  ['groupSequence', isNumber],
  ['replyToGroupId', isText],
];

export const readHeader = (value: AmqpValue): MessageHeader => readFields('header', HEADER_FIELDS, value);

export const readProperties = (value: AmqpValue): MessageProperties => readFields('properties', PROPERTY_FIELDS, value);

/** A list of fields by position; null and what is left out at the end are absent. */
function readFields<T extends object>(section: string, fields: Fields<T>, value: AmqpValue): T {
  if (!Array.isArray(value)) throw new AmqpDecodeError(`${section} is not a list`);
  if (value.length > fields.length) throw new AmqpDecodeError(`${section} has ${value.length} fields`);
  const read: Record<string, AmqpValue> = {};
  for (const [index, [name, isValid]] of fields.entries()) {
    const field: AmqpValue = value[index] ?? null;
    if (field === null) continue;
    if (!isValid(field)) throw new AmqpDecodeError(`${section} has a ${name} of the wrong type`);
    read[name] = field;
  }
  // Each field has passed the check of its name.
  return read as T;
}
