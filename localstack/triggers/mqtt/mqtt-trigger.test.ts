import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import type { EventSource } from '../event-source.ts';
import { mqttTrigger } from './mqtt-trigger.ts';
import { publishBytes, type TestPeer, testPeer } from './test-peer.ts';
import { recordingLogger } from './test-source.ts';

let peer: TestPeer | undefined;
let source: EventSource | undefined;
afterEach(async () => {
  await source?.stop({ deadlineMs: 1_000 });
  await peer?.close();
});

async function start(url: () => string, events: unknown[] = []): Promise<EventSource> {
  const prepared = mqttTrigger.prepare({ topic: 'a/#', qos: '1' }, 6);
  if (!prepared.ok) throw new Error('refused');
  const invoke = async (event: unknown) => events.push(event);
  const logger = recordingLogger();
  return await prepared.start(
    { url },
    { functionName: 'f', timeoutMs: 1_000, invoke, logger, observe: () => undefined },
  );
}

test('starts a source on the URL that it asks for once; its client id is one of its own', async () => {
  peer = await testPeer();
  const { url } = peer;
  let asked = 0;
  const events: unknown[] = [];
  source = await start(() => {
    asked += 1;
    return url.replace('//', '//user:pass%40word@');
  }, events);
  peer.sendBytes(publishBytes(1, 'a/b', '{"n":1}'));
  await eventually('the event', () => events.length > 0);
  expect(events).toEqual([{ n: 1 }]);
  expect(asked).toBe(1);
  const [connect] = peer.of('connect');
  expect(connect).toMatchObject({ username: 'user', password: Buffer.from('pass@word') });
  expect(connect?.clientId).toMatch(/^f-[0-9a-f]{8}$/);
});

test.each(['http://user:secret@host', 'not a url secret', ''])('%s is refused, without a word of it', async (url) => {
  await expect(start(() => url)).rejects.toThrow(/^the broker's URL must be one of mqtt:\/\/…/);
  await expect(start(() => url)).rejects.not.toThrow('secret');
});
