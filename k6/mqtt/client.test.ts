import { createServer as httpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { generate } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../localstack/services/ports.ts';
import { type TestBroker, testBroker } from '../testing/broker.ts';
import { frameProxy, type Rewrite } from '../testing/frame-proxy.ts';
import { playCase } from '../testing/play-case.ts';
import type { FinishedRun } from '../testing/run-k6.ts';

const START_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 120_000;

const REFUSED_WITHIN_MS = 15_000;
/** Later than the time-outs of the cases. */
const HANG_UP_MS = 5_000;

/** First bytes of packets. */
const CONNACK = 0x20;
const PUBACK = 0x40;
const PINGRESP = Buffer.from([0xd0, 0]);

let broker: TestBroker;
beforeAll(async () => {
  broker = await testBroker();
}, START_TIMEOUT_MS);
afterAll(async () => {
  await broker?.stop();
});

const play = (name: string, settings: Record<string, string> = {}) =>
  playCase(name, { WEB_MQTT_URL: broker.endpoints.webMqtt, ...settings });

async function through(rewrite: Rewrite, name: string, settings: Record<string, string> = {}) {
  const proxy = await frameProxy(broker.endpoints.webMqtt, rewrite);
  try {
    return await play(name, { WEB_MQTT_URL: proxy.url, ...settings });
  } finally {
    await proxy.close();
  }
}

const answering =
  (type: number, answer: (message: Buffer) => Buffer[]): Rewrite =>
  (message) =>
    message[0] === type ? answer(message) : [message];
const connectAs = (options: object) => ({ CONNECT: JSON.stringify(options) });
const reasonsOf = (run: FinishedRun) => run.of('producer_failed_msgs').map(({ tags }) => tags['reason']);

describe.each([5, 4])('MQTT of protocol version %i, with RabbitMQ', (protocolVersion) => {
  test(
    'texts, bytes and properties come back as they were sent',
    async () => {
      const { result } = await play('echo', connectAs({ protocolVersion }));
      const properties =
        protocolVersion === 5
          ? { properties: { contentType: 'text/plain', userProperties: { name: 'Müller', id: '7' } } }
          : {};
      expect(result).toEqual([
        { at: '/0', text: 'plain', bytes: 5, qos: 0 },
        { at: '/1', text: 'schön 😀', bytes: 11, qos: 1, ...properties },
        { at: '/2', text: expect.any(String), bytes: 3, qos: 1 },
        { at: '/3', text: 'x'.repeat(70_000), bytes: 70_000, qos: 1 },
        { at: '/4', text: '', bytes: 0, qos: 1 },
      ]);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'a session is kept, and left',
    async () => {
      const { result } = await play('session', connectAs({ protocolVersion }));
      expect(result).toEqual({ first: false, again: true, clean: false, texts: ['meanwhile'] });
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'a lost connection has a reason, and a will',
    async () => {
      const { result } = await play('takeover', connectAs({ protocolVersion }));
      expect(result).toEqual({
        reason: expect.stringMatching(/^connection_lost: /),
        after: 'not_connected: there is no connection',
        will: ['lost'],
      });
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'a password that is wrong is refused',
    async () => {
      // RabbitMQ takes its time to say no.
      const guest = { protocolVersion, username: 'guest', connectTimeoutMs: REFUSED_WITHIN_MS };
      const { result } = await play('connect', connectAs({ ...guest, password: 'wrong' }));
      expect(result).toMatch(/^refused: the broker refuses the connection: 0x(05|04|86|87)$/);
      const right = await play('connect', connectAs({ ...guest, password: 'guest' }));
      expect(right.result).toBe('ok');
    },
    RUN_TIMEOUT_MS,
  );
});

describe('what is wrong is said', () => {
  test(
    'by the client: a topic that is too long; the connection stays usable',
    async () => {
      const { result } = await play('invalid');
      expect(result).toEqual([expect.stringMatching(/^invalid_message: /), 'ok', 'ok']);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'of a message that is not acknowledged when its client ends',
    async () => {
      const run = await through(
        answering(PUBACK, () => []),
        'end',
      );
      expect(run.result).toEqual([expect.stringMatching(/^ended: /), expect.stringMatching(/^not_connected: /)]);
      expect(reasonsOf(run)).toEqual(['ended']);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'of a message that the broker refuses',
    async () => {
      // Quota exceeded (MQTT 5, section 3.4.2.1).
      const refusing = answering(PUBACK, (message) => [Buffer.from([PUBACK, 3, ...message.subarray(2, 4), 0x97])]);
      const run = await through(refusing, 'publish');
      expect(run.result).toMatch(/^refused: the broker refuses case\/.*: 0x97$/);
      expect(reasonsOf(run)).toEqual(['refused']);
      expect(run.of('producer_acked_msgs')).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'of pings that are not answered; one that is idle and answered stays open',
    async () => {
      const deaf = answering(PINGRESP[0] ?? 0, () => []);
      const keepalive = connectAs({ keepalive: 1 });
      expect((await through(deaf, 'idle', keepalive)).result).toBe('connection_lost: no answer to a ping within 1 s');
      expect((await play('idle', keepalive)).result).toBe('asked');
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'when more wait than the broker takes at once',
    async () => {
      const properties = { receiveMaximum: 2 };
      const connack = generate(
        { cmd: 'connack', reasonCode: 0, sessionPresent: false, properties },
        { protocolVersion: 5 },
      );
      const stingy: Rewrite = (message) =>
        message[0] === CONNACK ? [connack] : message[0] === PUBACK ? [] : [message];
      const run = await through(stingy, 'many');
      expect(run.of('producer_sent_msgs')).toHaveLength(2);
      expect(reasonsOf(run).sort()).toEqual(['ack_timeout', 'ack_timeout', 'not_sent', 'not_sent', 'not_sent']);
    },
    RUN_TIMEOUT_MS,
  );

  test.each<[string, Rewrite, RegExp]>([
    ['a CONNACK that never comes', answering(CONNACK, () => []), /^connect_timeout: .* within 1000 ms$/],
    ['garbage', answering(CONNACK, () => [Buffer.from('HTTP/1.1 200 OK')]), /^protocol_error: /],
    ['an endless length', answering(CONNACK, () => [Buffer.alloc(9, 0xff)]), /^protocol_error: /],
    [
      'another packet than a CONNACK',
      answering(CONNACK, () => [PINGRESP, PINGRESP, Buffer.from([PUBACK, 2, 0, 1])]),
      /^protocol_error: .* puback$/,
    ],
    [
      'a DISCONNECT for an answer',
      answering(CONNACK, (connack) => [Buffer.concat([Buffer.from([0xe0, 2, 0x8b, 0]), connack])]),
      /^connection_lost: .* 0x8b$/,
    ],
  ])(
    'of %s',
    async (_, rewrite, said) => {
      const { result } = await through(rewrite, 'connect');
      expect(result).toMatch(said);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'of no broker, of a server that is none, and of one that says nothing',
    async () => {
      const nobody = `ws://127.0.0.1:${await freePort()}/ws`;
      expect((await play('connect', { WEB_MQTT_URL: nobody })).result).toMatch(/^connection_lost: .*refused/);

      const page = httpServer((_, response) => response.writeHead(404).end());
      expect((await play('connect', { WEB_MQTT_URL: await listening(page) })).result).toMatch(
        /^connection_lost: .*bad handshake/,
      );
      page.close();

      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket));
      const url = await listening(silent);
      // k6 keeps the iteration open for as long as it dials: let it go on once the error was to be seen.
      const hangUp = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, HANG_UP_MS);
      expect((await play('connect', { WEB_MQTT_URL: url })).result).toMatch(/^connect_timeout: /);
      clearTimeout(hangUp);
      silent.close();
    },
    RUN_TIMEOUT_MS,
  );
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
}

describe('packets that do not come one a frame', () => {
  test.each<[string, (message: Buffer) => Buffer[]]>([
    [
      'several in one, an unknown acknowledgement among them',
      (message) => [Buffer.concat([PINGRESP, message, Buffer.from([PUBACK, 2, 0xff, 0xff])])],
    ],
    [
      'one and a piece of the next',
      (message) => [Buffer.concat([message, PINGRESP.subarray(0, 1)]), PINGRESP.subarray(1)],
    ],
    ['byte by byte', (message) => [...message].map((byte) => Buffer.from([byte]))],
    ['each twice', (message) => [message, message]],
  ])(
    '%s',
    async (_, rewrite) => {
      const run = await through(answering(PUBACK, rewrite), 'many');
      expect(run.result).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
      expect(run.of('producer_acked_msgs')).toHaveLength(5);
    },
    RUN_TIMEOUT_MS,
  );
});
