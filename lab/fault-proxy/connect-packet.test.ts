import { generate } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { parseConnect } from './connect-packet.ts';

const BEHIND_FIXED_HEADER = 2;
const LEVEL_AT = 8;
const parse = (bytes: Buffer) => parseConnect(bytes, 0, BEHIND_FIXED_HEADER, bytes.length);
const connect = (protocolVersion: 3 | 4 | 5, more = {}) =>
  generate({
    ...{ cmd: 'connect', clean: true, keepalive: 60, clientId: 'monitor-7', username: 'device' },
    ...{ protocolId: protocolVersion === 3 ? 'MQIsdp' : 'MQTT', protocolVersion, ...more },
  });

test.each([3, 4, 5] as const)('protocol level %i', (level) => {
  expect(parse(connect(level))).toEqual({ protocol: level, clientId: 'monitor-7' });
});

test('properties and a will of MQTT 5 stand before and behind the client id', () => {
  const properties = { sessionExpiryInterval: 10, userProperties: { a: 'b' } };
  const will = { topic: 'gone', payload: Buffer.from('x'), properties: { willDelayInterval: 5 } };
  expect(parse(connect(5, { properties, will }))).toEqual({ protocol: 5, clientId: 'monitor-7' });
});

test('a bridge of mosquitto sets the highest bit of the level', () => {
  const bytes = connect(4);
  bytes[LEVEL_AT] = 0x84;
  expect(parse(bytes)).toEqual({ protocol: 4, clientId: 'monitor-7' });
});

test('one that ends too early, at any byte, or is of another protocol', () => {
  const bytes = connect(5);
  for (let end = 0; end < bytes.length; end += 1) {
    expect(parseConnect(bytes, 0, BEHIND_FIXED_HEADER, end)?.clientId ?? '').toMatch(/^(monitor-7)?$/);
  }
  bytes[LEVEL_AT] = 6;
  expect(parse(bytes)).toBeUndefined();
  expect(parse(Buffer.from('\x10\x0cGET / HTTP/1'))).toBeUndefined();
});
