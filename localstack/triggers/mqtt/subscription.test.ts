import { afterEach, expect, test } from 'vitest';
import { type TestPeer, testPeer } from './test-peer.ts';
import { type TestSource, testSource } from './test-source.ts';

const KEPT = { clientId: 'kept', sessionExpiry: 600 };

let peer: TestPeer | undefined;
let source: TestSource | undefined;
afterEach(async () => {
  await source?.close();
  await peer?.close();
});

async function subscribed(options: Record<string, unknown>) {
  peer = await testPeer();
  source = await testSource({ url: peer.url, options: { topic: 'a/#', qos: 1, ...options } });
  await source.ready();
  return { peer, source };
}

test.each([
  [{}, 0],
  [KEPT, 1],
  [{ ...KEPT, qos: 0 }, 1],
  [{ ...KEPT, retained: 'ignore' }, 2],
])('%j subscribes with retain handling %i', async (options, rh) => {
  const { peer } = await subscribed(options);
  expect(peer.of('subscribe')[0]?.subscriptions).toMatchObject([{ rh }]);
});

test.each([
  [{}, 0],
  [{ topic: 'a/*/b' }, 1],
  [{ topic: '$share/g.1/a/b' }, 0],
  [{ topic: 'a/1.2' }, 1],
  [{ destinations: { onFailure: 'dead.a' } }, 1],
])('%j: %i warnings of what RabbitMQ reads otherwise', async (options, warnings) => {
  const { source } = await subscribed(options);
  expect(source.linesAt('warn')).toHaveLength(warnings);
});
