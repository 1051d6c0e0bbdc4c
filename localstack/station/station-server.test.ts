import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { silentProgress } from '../setup/progress.ts';
import { eventually } from '../testing/eventually.ts';
import { shakeHands } from '../testing/websocket.ts';
import { buildStation } from './build-station.ts';
import { type StationServer, startStation } from './station-server.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

let station: StationServer;
let api: Server;
let broker: WebSocketServer;
let seen: Seen[] = [];
const BUILD_LIMIT_MS = 60_000;
const KIB = 1_024;

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  api = createServer(async (came, answer) => {
    seen.push({
      method: came.method,
      url: came.url,
      headers: came.headers,
      body: await text(came).catch(() => 'cut off'),
    });
    answer.writeHead(412, {
      'content-type': 'application/problem+json',
      etag: '"7"',
      connection: 'x-hop',
      'x-hop': 'api',
    });
    answer.end('{"code":"version_conflict"}');
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  broker = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/ws', handleProtocols: () => 'mqtt' });
  broker.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  station = await startStation({
    port: 0,
    folder: await buildStation(silentProgress),
    apiUrl: `http://127.0.0.1:${portOf(api)}`,
    webMqttUrl: `ws://127.0.0.1:${portOf(broker)}/ws`,
  });
}, BUILD_LIMIT_MS);
beforeEach(() => {
  seen = [];
});
afterAll(async () => {
  await station.close();
  api.close();
  broker.close();
});

/** As it stands on the wire: fetch would tidy the path up. */
function raw(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(`${station.url}/`, { path, headers, agent: false }, async (answer) => {
      resolve({ status: answer.statusCode ?? 0, body: await text(answer) });
    })
      .on('error', reject)
      .end();
  });
}

describe('pages', () => {
  test('the page comes with a policy that runs nothing but its own', async () => {
    const answer = await fetch(station.url);
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const page = await answer.text();
    const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(page) ?? [];
    const asset = await fetch(station.url + script);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect(asset.headers.get('content-type')).toContain('javascript');
  });

  test('what is known already is not sent again', async () => {
    const etag = (await fetch(station.url)).headers.get('etag') ?? '';
    const answer = await fetch(station.url, { headers: { 'if-none-match': etag } });
    expect([answer.status, await answer.text()]).toEqual([304, '']);
  });

  test.each([
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '/assets/../../x',
    '//etc/passwd',
    '/assets',
    '/%00',
    '/src/main.tsx',
  ])('%s leads nowhere', async (path) => {
    expect((await raw(path)).status).toBe(404);
  });

  test('/config.json has the title', async () => {
    expect(await (await fetch(`${station.url}/config.json`)).json()).toEqual({ title: 'Heartline' });
  });
});

describe('/api', () => {
  test('a request is passed on as it is, and its answer back, without what belongs to a connection', async () => {
    const answer = await fetch(`${station.url}/api/alerts/1/accept?x=%2F`, {
      method: 'POST',
      headers: { 'if-match': '"3"', 'idempotency-key': '"k"', authorization: 'Bearer t' },
      body: '{"why":"ä"}',
    });
    expect([answer.status, answer.headers.get('etag'), answer.headers.get('x-hop')]).toEqual([412, '"7"', null]);
    expect(await answer.json()).toEqual({ code: 'version_conflict' });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: '/alerts/1/accept?x=%2F',
        body: '{"why":"ä"}',
        headers: {
          'if-match': '"3"',
          'idempotency-key': '"k"',
          authorization: 'Bearer t',
          'x-forwarded-for': '127.0.0.1',
        },
      },
    ]);
  });

  test('a body that is too large is refused, said so or not', async () => {
    const body = 'x'.repeat(257 * KIB);
    const said = await fetch(`${station.url}/api/x`, { method: 'POST', body });
    expect(said.status).toBe(413);
    const pieces = async function* () {
      for (let index = 0; index < 5; index += 1) yield Buffer.alloc(64 * KIB);
    };
    const streamed = fetch(`${station.url}/api/x`, {
      method: 'POST',
      body: ReadableStream.from(pieces()),
      duplex: 'half',
    } as RequestInit);
    expect(
      await streamed.then(
        ({ status }) => status,
        () => 413,
      ),
    ).toBe(413);
    expect(seen.every((one) => one.body.length < 257 * KIB)).toBe(true);
  });

  test.each([
    [
      'chunks',
      'Transfer-Encoding: chunked\r\n',
      (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
    ['a length that belongs to the connection', 'Connection: content-length\r\n', (body: string) => body],
  ])('a body of %s stays a body: no second request hides in it', async (_name, framing, framed) => {
    const hidden = 'POST /hidden HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n';
    const length = framing.startsWith('Connection') ? `Content-Length: ${hidden.length}\r\n` : '';
    const socket = connect(Number(new URL(station.url).port), '127.0.0.1');
    socket.write(`GET /api/shown HTTP/1.1\r\nHost: x\r\n${framing}${length}\r\n${framed(hidden)}`);
    await new Promise((resolve) => socket.once('data', resolve));
    // What hid in it would have come before this.
    await fetch(`${station.url}/api/next`);
    socket.destroy();
    expect(seen.map(({ url, body }) => [url, body])).toEqual([
      ['/shown', hidden],
      ['/next', ''],
    ]);
  });

  test('an API that is away is a problem of its own', async () => {
    const alone = await startStation({
      port: 0,
      folder: import.meta.dirname,
      apiUrl: 'http://127.0.0.1:1',
      webMqttUrl: 'ws://127.0.0.1:1/ws',
    });
    const answer = await fetch(`${alone.url}/api/alerts`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([502, 'application/problem+json']);
    expect(await answer.json()).toMatchObject({ code: 'api_away' });
    await alone.close();
  });
});

describe('/mqtt', () => {
  test('a WebSocket is led through to the broker', async () => {
    const socket = new WebSocket(station.url.replace('http', 'ws').concat('/mqtt'), 'mqtt');
    const echoed = new Promise((resolve) => {
      socket.onmessage = ({ data }) => resolve(data);
    });
    await new Promise((resolve) => {
      socket.onopen = resolve;
    });
    expect(socket.protocol).toBe('mqtt');
    socket.send('hello');
    expect(await echoed).toSatisfy((data) => data === 'hello' || data instanceof Blob);
    socket.close();
    await eventually('the broker’s end of it', () => broker.clients.size === 0);
  });

  test('no other path is; where the broker is away the handshake fails', async () => {
    await expect(shakeHands(`${station.url.replace('http', 'ws')}/other`)).rejects.toThrow();
    const alone = await startStation({
      port: 0,
      folder: import.meta.dirname,
      apiUrl: 'http://127.0.0.1:1',
      webMqttUrl: 'ws://127.0.0.1:1/ws',
    });
    const { status } = await shakeHands(`${alone.url.replace('http', 'ws')}/mqtt`);
    expect(status).toBe(502);
    await alone.close();
  });

  test('who goes in the middle of a handshake takes nothing with them', async () => {
    const socket = connect(Number(new URL(station.url).port), '127.0.0.1');
    socket.write('GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.destroy();
    expect((await fetch(station.url)).status).toBe(200);
  });
});
