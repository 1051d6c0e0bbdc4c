import { createServer, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../localstack/services/ports.ts';
import { silentServer } from '../testing/broken-servers.ts';
import { sendRequest } from './send-request.ts';

let closing: (() => void) | undefined;
afterEach(() => closing?.());

async function receiver(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing = () => {
    server.closeAllConnections();
    server.close();
  };
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/in`;
}
const post = (url: string) => sendRequest({ url, headers: {}, body: '{}' });

test.each([
  [200, {}, { outcome: 'confirmed' }],
  [202, {}, { outcome: 'confirmed' }],
  [500, {}, { outcome: 'again', error: 'answered 500', afterMs: null }],
  [429, { 'retry-after': '2' }, { outcome: 'again', error: 'answered 429', afterMs: 2_000 }],
  [503, { 'retry-after': '1' }, { outcome: 'again', error: 'answered 503', afterMs: 1_000 }],
  [400, {}, { outcome: 'refused', error: 'answered 400' }],
  [401, {}, { outcome: 'refused', error: 'answered 401' }],
  [307, { location: 'http://127.0.0.1:1/' }, { outcome: 'refused', error: 'answered 307: redirects are not followed' }],
])('an answer of %d', async (status, headers, expected) => {
  const url = await receiver((response) => response.writeHead(status, headers).end());
  expect(await post(url)).toEqual(expected);
});

test('an answer without end is cut', async () => {
  const url = await receiver((response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', more);
    more();
  });
  expect(await post(url)).toEqual({ outcome: 'confirmed' });
});

test('a connection that is cut, a port where nobody is, a peer that says nothing: again, in bounded time', async () => {
  const url = await receiver((response) => response.destroy());
  expect(await post(url)).toMatchObject({ outcome: 'again', error: 'UND_ERR_SOCKET' });
  expect(await post(`http://127.0.0.1:${await freePort()}`)).toMatchObject({ outcome: 'again', error: 'ECONNREFUSED' });
  const silent = await silentServer();
  const startedMs = performance.now();
  expect(await post(`http://127.0.0.1:${silent.port}`)).toMatchObject({ outcome: 'again', error: 'no answer in time' });
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  await silent.close();
});
