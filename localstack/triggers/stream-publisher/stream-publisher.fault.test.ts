import { DeleteStreamRequest } from 'rabbitmq-stream-js-client/dist/requests/delete_stream_request.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { silentLogger } from '../silent-logger.ts';
import { BOOT_TIMEOUT_MS, streamBroker, type TestStreamBroker } from '../stream-client/test-stream-broker.ts';
import type { PublisherEvent, PublisherSettings } from './publisher-types.ts';
import { createStreamPublisher } from './stream-publisher.ts';
import { contents, message } from './test-contents.ts';
import { frameProxy, KEY_CONFIRM, KEY_PUBLISH, KEY_PUBLISH_ERROR } from './test-frame-proxy.ts';

const DEADLINE_MS = 60_000;
let broker: TestStreamBroker;
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const settings = { logger: silentLogger, confirmTimeoutMs: DEADLINE_MS };
const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => String(from + index));

async function through(options: Partial<PublisherSettings> & { readonly stream: string }) {
  const proxy = await frameProxy(broker.url);
  const events: PublisherEvent[] = [];
  const publisher = createStreamPublisher({
    ...settings,
    url: proxy.url,
    onEvent: (event) => void events.push(event),
    ...options,
  });
  const close = async () => {
    await publisher.close({ deadlineMs: 1 });
    await proxy.close();
  };
  return { proxy, publisher, events, close };
}

/** The broker has stored the message; the link ends before its confirmation is back. */
async function lostConfirmation(stream: string, name: string | undefined): Promise<string[]> {
  await broker.createStream(stream);
  const { proxy, publisher, events, close } = await through({ stream, name });
  await publisher.publish([message('before')]);
  let cuts = 0;
  proxy.judge((key, _frame, from) => {
    if (from !== 'broker' || key !== KEY_CONFIRM || cuts > 0) return 'pass';
    cuts += 1;
    return 'cut';
  });
  await Promise.all([publisher.publish([message('a'), message('b')]), publisher.publish([message('c')])]);
  expect(cuts).toBe(1);
  expect(events.filter(({ type }) => type === 'connected')).toHaveLength(2);
  await close();
  return await contents(broker, stream);
}

test('a confirmation that is lost: with a name, what is sent again is stored once', async () => {
  expect(await lostConfirmation('lost-named', 'alerter')).toEqual(['before', 'a', 'b', 'c']);
});

test('the mutant, a publisher without a name, stores it twice', async () => {
  const stored = await lostConfirmation('lost-unnamed', undefined);
  expect(stored.length).toBeGreaterThan(4);
  expect([...new Set(stored)]).toEqual(['before', 'a', 'b', 'c']);
});

test.each(['alerter', undefined])(
  'the link is cut again and again, before and after the broker has stored: none lost, in order (name: %s)',
  async (name) => {
    const stream = `cuts-${name ?? 'unnamed'}`;
    await broker.createStream(stream);
    const { proxy, publisher, events, close } = await through({ stream, name, random: () => 0 });
    let frames = 0;
    proxy.judge((key) => {
      if (key !== KEY_CONFIRM && key !== KEY_PUBLISH) return 'pass';
      frames += 1;
      return frames % 17 === 0 ? 'cut' : 'pass';
    });
    const all = texts(0, 200);
    const sent: Promise<void>[] = [];
    for (const [index, text] of all.entries()) {
      const publish = publisher.publish([message(text)]);
      sent.push(publish);
      if (index % 20 === 19) await publish;
    }
    await Promise.all(sent);
    expect(events.filter(({ type }) => type === 'disconnected').length).toBeGreaterThan(3);
    const stored = await contents(broker, stream);
    expect(name === undefined ? [...new Set(stored)] : stored).toEqual(all);
    await close();
  },
  DEADLINE_MS,
);

test('the broker restarts: what was published meanwhile is stored, in order', {
  timeout: BOOT_TIMEOUT_MS,
}, async () => {
  await broker.createStream('restart');
  const publisher = createStreamPublisher({ ...settings, url: broker.url, stream: 'restart', name: 'alerter' });
  await publisher.publish([message(0)]);
  expect(publisher.ready).toBe(true);
  await broker.stop();
  await eventually('the loss is seen', () => !publisher.ready, DEADLINE_MS);
  const sent = [1, 2, 3].map((number) => publisher.publish([message(number)]));
  await broker.start();
  await Promise.all(sent);
  expect(await contents(broker, 'restart')).toEqual(texts(0, 4));
  await publisher.close();
});

test('a stream that is not there yet, and one that is deleted and made again', async () => {
  const { publisher, events, close } = await through({ stream: 'later' });
  const sent = publisher.publish([message('early')]);
  await broker.createStream('later');
  await sent;
  const client = await broker.connect();
  await client.request(new DeleteStreamRequest('later'));
  await eventually('the loss is seen', () => events.some(({ type }) => type === 'disconnected'), DEADLINE_MS);
  const again = publisher.publish([message('again')]);
  await broker.createStream('later');
  await again;
  expect(await contents(broker, 'later')).toEqual(['again']);
  await close();
});

test('not confirmed in time: said so, may be stored, and not sent again', async () => {
  await broker.createStream('late');
  const { proxy, publisher, close } = await through({ stream: 'late' });
  proxy.judge((key) => (key === KEY_CONFIRM ? 'hold' : 'pass'));
  const late = publisher.publish([message('late')], { deadlineMs: 500 });
  await expect(late).rejects.toMatchObject({ code: 'confirm_timeout', retriable: true, mayBeStored: true });
  expect(publisher.inFlight()).toBe(1);
  const live = publisher.publish([message('live')]);
  proxy.judge(() => 'pass');
  proxy.cut();
  await live;
  expect(publisher.inFlight()).toBe(0);
  // The one that was given up on came once, at first; the other may have come on both connections.
  expect((await contents(broker, 'late')).filter((text) => text === 'late')).toHaveLength(1);
  await close();
});

test('a link that carries everything but confirmations is replaced', async () => {
  await broker.createStream('stalled');
  const { proxy, publisher, events, close } = await through({ stream: 'stalled', name: 'alerter', stalledMs: 300 });
  proxy.judge((key) => (key === KEY_CONFIRM && events.every(({ type }) => type === 'connected') ? 'hold' : 'pass'));
  await publisher.publish([message('once')]);
  expect(events.map(({ type }) => type)).toEqual(['connected', 'disconnected', 'connected', 'stored']);
  expect(await contents(broker, 'stalled')).toEqual(['once']);
  await close();
});

test('refused by the broker: said so; what comes after is stored by the next connection', async () => {
  await broker.createStream('refused');
  const { proxy, publisher, close } = await through({ stream: 'refused', name: 'alerter' });
  proxy.judge((key, frame, from) => {
    if (from !== 'client' || key !== KEY_PUBLISH) return 'pass';
    proxy.judge((next, confirm, side) =>
      side === 'broker' && next === KEY_CONFIRM ? publishError(confirm, frame) : 'pass',
    );
    return 'pass';
  });
  await expect(publisher.publish([message('no')])).rejects.toMatchObject({ code: 'refused', retriable: true });
  proxy.judge(() => 'pass');
  await publisher.publish([message('yes')]);
  expect((await contents(broker, 'refused')).at(-1)).toBe('yes');
  await close();
});

/** Access refused (16) for the first id of a confirmation. */
function publishError(confirm: Buffer, publish: Buffer): Buffer {
  const error = Buffer.alloc(4 + 1 + 4 + 8 + 2);
  error.writeUInt16BE(KEY_PUBLISH_ERROR, 0);
  error.writeUInt16BE(1, 2);
  error.writeUInt8(publish.readUInt8(4), 4);
  error.writeUInt32BE(1, 5);
  confirm.copy(error, 9, 9, 17);
  error.writeUInt16BE(16, 17);
  return error;
}

test('two of one name at once: seen when they meet again, said, and what follows is stored', async () => {
  await broker.createStream('conflict');
  const { proxy, publisher, events, close } = await through({ stream: 'conflict', name: 'alerter' });
  await publisher.publish([message('mine')]);
  const other = createStreamPublisher({ ...settings, url: broker.url, stream: 'conflict', name: 'alerter' });
  for (const text of ['other 1', 'other 2', 'other 3']) await other.publish([message(text)]);
  proxy.cut();
  await eventually('the conflict is seen', () => events.some(({ type }) => type === 'nameConflict'), DEADLINE_MS);
  await publisher.publish([message('mine again')]);
  expect(await contents(broker, 'conflict')).toEqual(['mine', 'other 1', 'other 2', 'other 3', 'mine again']);
  await other.close();
  await close();
});
