import net from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../services/ports.ts';
import { startTestBroker, type TestBroker } from '../testing/broker.ts';
import { eventually } from '../testing/eventually.ts';
import { startIotDataPlane } from './iot-data-plane.ts';
import { routeRequest } from './operation.ts';
import { quiet } from './testing/sdk-client.ts';
import type { IotDataPlane } from './types.ts';

const BOOT_LIMIT_MS = 120_000;
const ANSWER_LIMIT_MS = 15_000;

let broker: TestBroker;
let plane: IotDataPlane;
let failures = 0;

beforeAll(async () => {
  broker = await startTestBroker();
  const logger = { ...quiet, error: () => (failures += 1) };
  plane = await startIotDataPlane({
    host: '127.0.0.1',
    port: await freePort(),
    mqttUrl: broker.endpoints.mqtt,
    logger,
  });
  await eventually('the broker', async () => (await post('/topics/probe?qos=1', 'x')).status === 200);
}, BOOT_LIMIT_MS);

afterAll(async () => {
  await plane.close();
  await broker.remove();
}, BOOT_LIMIT_MS);

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${plane.url}${path}`, { method: 'POST', body, headers });

/** Bytes as they are; the answer's status line, error type and body. */
function raw(bytes: string | Buffer): Promise<{ status: number; type: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(plane.port, '127.0.0.1');
    let text = '';
    socket.setTimeout(ANSWER_LIMIT_MS, () => reject(new Error(`no answer, so far: ${text}`)));
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('error', reject);
    socket.on('close', () =>
      resolve({
        status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]),
        type: /x-amzn-errortype: (\w+)/.exec(text)?.[1],
        body: text.slice(text.indexOf('\r\n\r\n') + 4),
      }),
    );
    socket.write(bytes);
  });
}

const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n');

test.each<[string, number, string, string]>([
  ['no topic', 400, 'InvalidRequestException', head('POST /topics/', 'Content-Length: 0')],
  ['a bad escape', 400, 'InvalidRequestException', head('POST /topics/%zz', 'Content-Length: 0')],
  ['an overlong UTF-8', 400, 'InvalidRequestException', head('POST /topics/%c0%ae', 'Content-Length: 0')],
  ['an encoded NUL', 400, 'InvalidRequestException', head('POST /topics/a%00', 'Content-Length: 0')],
  ['a lone surrogate', 400, 'InvalidRequestException', head('POST /topics/%ed%a0%80', 'Content-Length: 0')],
  ['bytes that are not encoded', 400, 'InvalidRequestException', head('POST /topics/ä', 'Content-Length: 0')],
  ['two values', 400, 'InvalidRequestException', head('POST /topics/a?qos=0&qos=1', 'Content-Length: 0')],
  ['an empty qos', 400, 'InvalidRequestException', head('POST /topics/a?qos=', 'Content-Length: 0')],
  ['retain=yes', 400, 'InvalidRequestException', head('POST /topics/a?retain=yes', 'Content-Length: 0')],
  [
    'an expiry with a sign',
    400,
    'InvalidRequestException',
    head('POST /topics/a?messageExpiry=%2B1', 'Content-Length: 0'),
  ],
  [
    'bad base64',
    400,
    'InvalidRequestException',
    head('POST /topics/a', 'x-amz-mqtt5-user-properties: @@@@', 'Content-Length: 0'),
  ],
  [
    'no UTF-8',
    400,
    'InvalidRequestException',
    head('POST /topics/a', 'x-amz-mqtt5-user-properties: //79', 'Content-Length: 0'),
  ],
  [
    'two headers',
    400,
    'InvalidRequestException',
    head(
      'POST /topics/a',
      'x-amz-mqtt5-correlation-data: YQ==',
      'x-amz-mqtt5-correlation-data: YQ==',
      'Content-Length: 0',
    ),
  ],
  [
    'huge headers',
    400,
    'InvalidRequestException',
    head('POST /topics/a', `x-amz-mqtt5-user-properties: ${'A'.repeat(20_000)}`),
  ],
  ['no HTTP', 400, 'InvalidRequestException', 'hello\r\n\r\n'],
  ['two lengths', 400, 'InvalidRequestException', head('POST /topics/a', 'Content-Length: 1', 'Content-Length: 2')],
  [
    'a web page',
    403,
    'ForbiddenException',
    head('POST /topics/page?qos=1', 'Origin: https://evil.example', 'Content-Type: text/plain', 'Content-Length: 0'),
  ],
  ['a sandboxed web page', 403, 'ForbiddenException', head('POST /topics/page', 'Origin: null', 'Content-Length: 0')],
  ['a web page asking for leave', 403, 'ForbiddenException', head('OPTIONS /topics/a', 'Origin: http://127.0.0.1')],
  ['another path', 404, 'ResourceNotFoundException', head('GET /../../etc/passwd')],
  ['another path', 404, 'ResourceNotFoundException', head('GET http://127.0.0.1/topics/a')],
  ['another path', 404, 'ResourceNotFoundException', head('GET *')],
  ['another method', 405, 'MethodNotAllowedException', head('GET /topics/a')],
  ['another method', 405, 'MethodNotAllowedException', head('DELETE /retainedMessage/a')],
  ['another method', 405, 'MethodNotAllowedException', head('POST /retainedMessage', 'Content-Length: 0')],
  ['a shadow', 405, 'MethodNotAllowedException', head('GET /things/a/shadow')],
  ['a length of 1 GB', 413, 'RequestEntityTooLargeException', head('POST /topics/a', `Content-Length: ${2 ** 30}`)],
])('%s: %i %s', async (_what, status, type, bytes) => {
  const answer = await raw(bytes);
  expect(answer).toMatchObject({ status, type });
  expect(JSON.parse(answer.body)).toEqual({ message: expect.stringMatching(/\.$/), traceId: expect.any(String) });
  expect(answer.body).not.toMatch(/node_modules|\.ts:| {4}at /);
});

test('a path is not normalised: it is a topic, or it is refused', async () => {
  expect((await raw(head('POST /topics//a//b/?qos=1', 'Content-Length: 0'))).status).toBe(200);
  expect(await raw(head('POST /topics/../../a', 'Content-Length: 0'))).toMatchObject({ status: 400 });
});

test('1 MB in chunks without a length is refused, and its sender reads so', async () => {
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  const answer = await raw(`${head('POST /topics/a', 'Transfer-Encoding: chunked')}${chunk.repeat(16)}0\r\n\r\n`);
  expect(answer).toMatchObject({ status: 413, type: 'RequestEntityTooLargeException' });
});

test('a sender that breaks off leaves nothing behind', async () => {
  const socket = net.connect(plane.port, '127.0.0.1');
  socket.write(head('POST /topics/a', 'Content-Length: 100'));
  socket.write('half');
  socket.destroy();
  expect((await post('/topics/a?qos=1', 'x')).status).toBe(200);
});

test('no request line fails the router: it is an operation or an AWS error', () => {
  const path = fc.oneof(fc.webUrl(), fc.string(), fc.constantFrom('/topics/', '/retainedMessage', '/things/'));
  const target = fc.tuple(path, fc.string({ unit: 'binary' })).map(([a, b]) => a + b);
  fc.assert(
    fc.property(fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', ''), target, (method, text) => {
      const routed = routeRequest(method, text);
      if ('error' in routed) expect([400, 404, 405]).toContain(routed.error.status);
      else expect(routed.operation.name).toMatch(/^(Publish|GetRetainedMessage|ListRetainedMessages)$/);
    }),
  );
});

test('random queries and headers never fail the server', async () => {
  const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  const base64 = fc.oneof(
    fc.json().map((json) => btoa(unescape(encodeURIComponent(json)))),
    printable.map((s) => s.trim()),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.string(),
      fc.dictionary(fc.constantFrom('qos', 'retain', 'messageExpiry', 'contentType', 'responseTopic'), fc.string()),
      base64,
      base64,
      async (topic, query, correlation, properties) => {
        const answer = await post(
          `/topics/${encodeURIComponent(topic.toWellFormed())}?${new URLSearchParams(query)}`,
          'x',
          {
            'x-amz-mqtt5-correlation-data': correlation,
            'x-amz-mqtt5-user-properties': properties,
          },
        );
        expect([200, 400]).toContain(answer.status);
        await answer.arrayBuffer();
      },
    ),
    { numRuns: 150 },
  );
  expect(failures, 'internal failures').toBe(0);
});
