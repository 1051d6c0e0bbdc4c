import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { startWatchdog } from './watchdog.ts';

const HEARTBEAT_MS = 100;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  ends.push(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

async function watched() {
  const { near, far } = await pair();
  let lastReceivedMs = performance.now();
  near.on('data', () => {
    lastReceivedMs = performance.now();
  });
  const silences: number[] = [];
  let heartbeats = 0;
  ends.push(
    startWatchdog({
      heartbeatMs: HEARTBEAT_MS,
      lastReceivedMs: () => lastReceivedMs,
      sendHeartbeat() {
        heartbeats += 1;
      },
      onSilent: (ms) => void silences.push(ms),
    }),
  );
  return { far, silences, heartbeats: () => heartbeats };
}

test('silence is said, heartbeats are sent', async () => {
  const { silences, heartbeats } = await watched();
  await eventually('silence', () => silences.length > 0);
  expect(silences[0]).toBeGreaterThan(2 * HEARTBEAT_MS);
  expect(heartbeats()).toBeGreaterThan(0);
});

test('a busy event loop is no silence: what waits in the socket is read first', async () => {
  const { far, silences, heartbeats } = await watched();
  for (let round = 0; round < 3; round += 1) {
    far.write('heartbeat');
    const untilMs = performance.now() + 4 * HEARTBEAT_MS;
    while (performance.now() < untilMs);
    const before = heartbeats();
    far.write('heartbeat');
    await eventually('a look of the watchdog', () => heartbeats() > before);
  }
  expect(silences).toEqual([]);
});
