import { expect, test } from 'vitest';
import { decodeMessage } from '../stream-client/amqp-message.ts';
import { encodeMessage } from '../stream-client/encode-message.ts';
import { eventRecord, kinesisRecord } from './event.ts';

const CONTEXT = { stream: 's', topicLevel: undefined, passes: undefined, isPassable: undefined, clockAheadMs: 0 };
const made = (bytes: Buffer, context = {}) =>
  eventRecord({ offset: 7n, timestampMs: 1_000, bytes, message: decodeMessage(bytes) }, { ...CONTEXT, ...context });
/** An AMQP value section. */
const valued = (...bytes: readonly number[]) => Buffer.of(0x00, 0x53, 0x77, ...bytes);

test('what waits is a copy: the chunk that it came in is not kept, nor does it change it', () => {
  const chunk = Buffer.concat([Buffer.alloc(50_000), encodeMessage({ content: Buffer.from('text'), subject: 'k' })]);
  const bytes = chunk.subarray(50_000);
  const record = made(bytes);
  chunk.fill(0);
  expect(record.content.toString()).toBe('text');
  expect(record.raw.length).toBe(bytes.length);
  expect(record.raw.buffer).not.toBe(chunk.buffer);
  expect(record.content.buffer).toBe(record.raw.buffer);
  expect(decodeMessage(record.raw).undecodable).toBeUndefined();
});
test.each([
  { level: 1, key: 'hl' },
  { level: 3, key: '' },
  { level: 4, key: 'p-1' },
  { level: 5, key: 'vitals' },
  { level: 6, key: 'subject' },
])('the key is level $level of the topic, where it has one', ({ level, key }) => {
  const message = decodeMessage(encodeMessage({ content: Buffer.from('x'), subject: 'subject' }));
  const messageAnnotations = new Map([['x-routing-key', 'hl.icu-1..p-1.vitals']]);
  if (message.undecodable !== undefined) throw new Error(message.undecodable);
  const given = { offset: 7n, timestampMs: 1_000, bytes: Buffer.alloc(0), message: { ...message, messageAnnotations } };
  expect(eventRecord(given, { ...CONTEXT, topicLevel: level }).key).toBe(key);
});
test('what the handler does not get counts as room here', () => {
  const bytes = Buffer.concat([
    // Message annotations: {"x": 100,000 bytes of binary}.
    Buffer.from([0x00, 0x53, 0x72, 0xd1]),
    (() => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(4 + 3 + 5 + 100_000, 0);
      head.writeUInt32BE(2, 4);
      return head;
    })(),
    Buffer.from([0xa3, 0x01, 0x78, 0xb0, 0x00, 0x01, 0x86, 0xa0]),
    Buffer.alloc(100_000),
    encodeMessage({ content: Buffer.alloc(0) }),
  ]);
  expect(made(bytes)).toMatchObject({ undecodable: false, problem: undefined, bytes: bytes.length });
});
test.each([
  { what: 'text', bytes: valued(0xa1, 2, 0x68, 0x69), text: 'hi' },
  { what: 'bytes', bytes: valued(0xa0, 2, 0x68, 0x69), text: 'hi' },
])('an AMQP value that is $what is the data', ({ bytes, text }) => expect(made(bytes).content.toString()).toBe(text));
test('an AMQP value of another type goes to the dead letters with its bytes', () => {
  const bytes = valued(0x41);
  expect(made(bytes)).toMatchObject({ undecodable: true, raw: bytes, problem: expect.stringContaining('body') });
});
test('a filter that throws gives the record to the dead letters, not the worker to the dogs', () => {
  const passes = () => {
    throw new RangeError('too deep');
  };
  expect(made(encodeMessage({ content: Buffer.from('{}') }), { passes })).toMatchObject({
    undecodable: true,
    problem: expect.stringContaining('too deep'),
  });
});
test('a filter sees the data decoded; what it leaves out takes no room', () => {
  const seen: unknown[] = [];
  const passes = (given: unknown) => seen.push(given) < 0;
  const record = made(encodeMessage({ content: Buffer.from('{"a":1}'), subject: 'k' }), { passes });
  expect(seen).toEqual([expect.objectContaining({ data: { a: 1 }, partitionKey: 'k', eventID: 's:7' })]);
  expect(record).toMatchObject({ filtered: true, content: Buffer.alloc(0), raw: Buffer.alloc(0) });
});
test('what a handler writes into its attributes shows nowhere else', () => {
  const record = made(encodeMessage({ content: Buffer.from('x'), applicationProperties: { a: '1' } }));
  Object.assign(kinesisRecord(record).messageAttributes, { a: '2', b: '3' });
  Object.assign(kinesisRecord(made(encodeMessage({ content: Buffer.from('x') }))).messageAttributes, { c: '4' });
  expect(kinesisRecord(record).messageAttributes).toEqual({ a: '1' });
  expect(kinesisRecord(made(encodeMessage({ content: Buffer.from('x') }))).messageAttributes).toEqual({});
});
