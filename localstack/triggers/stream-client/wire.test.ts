import { createRequire } from 'node:module';
import { OpenRequest } from 'rabbitmq-stream-js-client/dist/requests/open_request.js';
import { SubscribeRequest } from 'rabbitmq-stream-js-client/dist/requests/subscribe_request.js';
import { describe, expect, test } from 'vitest';
import { streamEndpoint } from './endpoint.ts';
import { commandBytes, wireOffset, wireText } from './wire.ts';

test('the library is the version whose defects and internal paths are known', () => {
  const { version } = createRequire(import.meta.url)('rabbitmq-stream-js-client/package.json') as { version: string };
  expect(version).toBe('1.0.0');
});

test('commands are on the wire as the protocol says', () => {
  const offset = wireOffset(258n);
  const command = new SubscribeRequest({
    subscriptionId: 7,
    stream: 's',
    credit: 2,
    offset,
    properties: { name: 'n' },
  });
  expect(commandBytes(command, 9).toString('hex')).toBe(
    ['00000025', '0007', '0001', '00000009', '07', '000173', '0004', '0000000000000102', '0002', '00000001']
      .concat(['00046e616d65', '00016e'])
      .join(''),
  );
});

test('text beyond ASCII is refused: the library would write a length that is not its own', () => {
  const broken = commandBytes(new OpenRequest({ virtualHost: 'é' }), 1);
  expect(broken.readUInt16BE(12)).toBe(1);
  expect(broken.length).toBe(4 + 2 + 2 + 4 + 2 + Buffer.byteLength('é'));
  for (const text of ['é', '', 'a\n', 'x'.repeat(256)])
    expect(() => wireText('a name', text)).toThrow('a name must be');
  expect(wireText('a name', 'x'.repeat(255))).toHaveLength(255);
});

test('starts', () => {
  expect(wireOffset('next').type).toBe('next');
  expect(wireOffset(0n)).toMatchObject({ type: 'numeric', value: 0n });
  expect(wireOffset(new Date(5))).toMatchObject({ type: 'timestamp', value: 5n });
  expect(wireOffset(new Date(0)).type).toBe('first');
  for (const start of [-1n, 2n ** 64n, new Date(Number.NaN)]) expect(() => wireOffset(start)).toThrow(/is no/);
});

describe('streamEndpoint', () => {
  test('defaults, TLS, IPv6, escapes', () => {
    expect(streamEndpoint('rabbitmq-stream://broker')).toEqual({
      host: 'broker',
      port: 5552,
      secure: false,
      username: 'guest',
      password: 'guest',
      vhost: '/',
    });
    expect(streamEndpoint('rabbitmq-stream+tls://a:p%40%2F@[::1]:7/%2Fward')).toEqual({
      host: '::1',
      port: 7,
      secure: true,
      username: 'a',
      password: 'p@/',
      vhost: '/ward',
    });
    expect(streamEndpoint('rabbitmq-stream+tls://broker').port).toBe(5551);
  });

  test.each(['', 'amqp://broker', 'rabbitmq-stream://', 'rabbitmq-stream://u:geheim%zz@broker'])(
    'refuses %s, and shows nothing of it',
    (url) => {
      expect(() => streamEndpoint(url)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
      expect(() => streamEndpoint(url)).not.toThrow(/geheim/);
    },
  );
});
