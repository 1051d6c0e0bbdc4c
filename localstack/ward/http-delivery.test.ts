import { createServer, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import type { AlertBody } from './alert.ts';
import type { DeliveryResult } from './delivery.ts';
import { httpDelivery } from './http-delivery.ts';

const ALERT = { eventId: 'e-1', patientId: 'vdb-0013' } as AlertBody;
const SHORT_MS = 200;
const DEADLINE_MS = 20_000;
const NEVER = new AbortController().signal;
interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function resultOf(reply: Reply | 'cut' | 'silence', signal = NEVER, token?: string) {
  const seen: { request?: IncomingMessage; text: string } = { text: '' };
  const server = createServer((request, response) => {
    seen.request = request;
    request.on('data', (chunk) => {
      seen.text += chunk;
    });
    request.on('end', () => {
      if (reply === 'cut') response.destroy();
      else if (reply !== 'silence') response.writeHead(reply.status, { ...reply.headers }).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const deliver = httpDelivery({
    url: `http://127.0.0.1:${port}/a`,
    timeoutMs: reply === 'silence' ? SHORT_MS : DEADLINE_MS,
    nowMs: () => 0,
    ...(token ? { token: async () => token } : {}),
  });
  const result = await deliver(ALERT, signal);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { result, seen };
}

const json = { 'content-type': 'application/problem+json' };
test.each<[string, Parameters<typeof resultOf>[0], DeliveryResult]>([
  ['201', { status: 201 }, { status: 'stored' }],
  ['200', { status: 200, body: '{}' }, { status: 'redelivered' }],
  ['202', { status: 202 }, { status: 'stored' }],
  [
    '409 with a code',
    { status: 409, headers: json, body: '{"code":"event_conflict"}' },
    { status: 'refused', code: 'event_conflict' },
  ],
  ['400 with another body', { status: 400, body: 'no' }, { status: 'refused', code: 'http_400' }],
  [
    '422 with a code that is no text',
    { status: 422, headers: json, body: '{"code":7}' },
    { status: 'refused', code: 'http_422' },
  ],
  ['401', { status: 401, headers: json, body: '{"code":"unauthorized"}' }, { status: 'retry', reason: 'HTTP 401' }],
  ['404', { status: 404 }, { status: 'retry', reason: 'HTTP 404' }],
  ['408', { status: 408 }, { status: 'retry', reason: 'HTTP 408' }],
  ['425', { status: 425 }, { status: 'retry', reason: 'HTTP 425' }],
  ['302', { status: 302, headers: { location: '/b' } }, { status: 'retry', reason: 'HTTP 302' }],
  ['500', { status: 500 }, { status: 'retry', reason: 'HTTP 500' }],
  [
    '429 with seconds',
    { status: 429, headers: { 'retry-after': '3' } },
    { status: 'retry', reason: 'HTTP 429', retryAfterMs: 3000 },
  ],
  [
    '503 with a date',
    { status: 503, headers: { 'retry-after': 'Thu, 01 Jan 1970 00:00:05 GMT' } },
    { status: 'retry', reason: 'HTTP 503', retryAfterMs: 5000 },
  ],
  ['503 with nonsense', { status: 503, headers: { 'retry-after': 'soon' } }, { status: 'retry', reason: 'HTTP 503' }],
  ['a cut connection', 'cut', { status: 'retry', reason: 'UND_ERR_SOCKET' }],
  ['no answer', 'silence', { status: 'retry', reason: 'no answer in time' }],
])('%s', async (_name, reply, expected) => {
  expect((await resultOf(reply)).result).toEqual(expected);
});

test('the request: POST, JSON, the token when there is one', async () => {
  const { seen } = await resultOf({ status: 201 }, NEVER, 'secret');
  expect(seen.request).toMatchObject({ method: 'POST', url: '/a' });
  expect(seen.request?.headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer secret' });
  expect(seen.text).toBe(JSON.stringify(ALERT));
  expect((await resultOf({ status: 201 })).seen.request?.headers.authorization).toBeUndefined();
});

test('nobody listens, and stopped while waiting', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  const port = typeof address === 'object' ? address?.port : undefined;
  const refused = await httpDelivery({ url: `http://127.0.0.1:${port}/a` })(ALERT, NEVER);
  expect(refused).toMatchObject({ status: 'retry', reason: 'ECONNREFUSED' });
  expect((await resultOf('silence', AbortSignal.abort())).result).toMatchObject({ status: 'retry' });
});
