import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../services/ports.ts';
import { silentLogger } from '../silent-logger.ts';
import { BOOT_TIMEOUT_MS, streamBroker, type TestStreamBroker } from '../stream-client/test-stream-broker.ts';
import type { PublisherEvent } from './publisher-types.ts';
import { createStreamPublisher } from './stream-publisher.ts';
import { createSuperStreamPublisher } from './super-stream-publisher.ts';
import { contents, message } from './test-contents.ts';

const DEADLINE_MS = 60_000;
let broker: TestStreamBroker;
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const settings = () => ({ url: broker.url, logger: silentLogger, confirmTimeoutMs: DEADLINE_MS });
const unreachable = async () => ({ ...settings(), url: `rabbitmq-stream://127.0.0.1:${await freePort()}` });

test('connects with the first publish; stores in order; a name goes on where its last process ended', async () => {
  await broker.createStream('ordered');
  const events: PublisherEvent[] = [];
  const onEvent = (event: PublisherEvent) => void events.push(event);
  const expected: string[] = [];
  for (const life of ['a', 'b', 'c']) {
    const publisher = createStreamPublisher({ ...settings(), stream: 'ordered', name: 'alerter', onEvent });
    expect(publisher.ready).toBe(false);
    const batches = Array.from({ length: 50 }, (_, index) => [`${life}${index}`, `${life}${index} too`]);
    await Promise.all(batches.map((batch) => publisher.publish(batch.map(message))));
    expected.push(...batches.flat());
    expect(publisher.ready).toBe(true);
    expect(publisher.inFlight()).toBe(0);
    await publisher.close();
    expect(publisher.ready).toBe(false);
  }
  expect(await contents(broker, 'ordered')).toEqual(expected);
  expect(events.filter(({ type }) => type === 'stored')).toHaveLength(150);
  expect(events.filter(({ type }) => type === 'nameConflict')).toEqual([]);
});

test('no connection in time is not the same as no confirmation: nothing was sent', async () => {
  const publisher = createStreamPublisher({ ...(await unreachable()), stream: 'any' });
  const failure = { code: 'not_connected', retriable: true, mayBeStored: false };
  await expect(publisher.publish([message(1)], { deadlineMs: 300 })).rejects.toMatchObject({
    ...failure,
    message: expect.stringContaining('ECONNREFUSED'),
  });
  expect(publisher.inFlight()).toBe(0);
  await publisher.close();
});

test('what is too much or too large is refused at once, each with its code', async () => {
  const publisher = createStreamPublisher({
    ...(await unreachable()),
    stream: 'any',
    inFlightMax: 3,
    inFlightBytesMax: 2_000,
  });
  const waiting = publisher.publish([message(1), message(2)]);
  waiting.catch(() => undefined);
  await publisher.publish([]);
  const two = [message(3), message(4)];
  await expect(publisher.publish(two)).rejects.toMatchObject({ code: 'in_flight_full', retriable: true });
  await expect(publisher.publish([Buffer.alloc(1_990)])).rejects.toMatchObject({ code: 'in_flight_full' });
  const tooLarge = { code: 'batch_too_large', retriable: false };
  await expect(publisher.publish([...two, ...two])).rejects.toMatchObject(tooLarge);
  await expect(publisher.publish([Buffer.alloc(2_001)])).rejects.toMatchObject(tooLarge);
  await expect(publisher.publish(two, { deadlineMs: Number.NaN })).rejects.toMatchObject({ code: 'invalid_argument' });
  expect(publisher.inFlight()).toBe(2);
  await publisher.close({ deadlineMs: 50 });
  await expect(waiting).rejects.toMatchObject({ code: 'closed', retriable: true, mayBeStored: false });
});

test('a message that no frame takes fails alone, before the connection and after', async () => {
  await broker.createStream('large');
  const publisher = createStreamPublisher({ ...settings(), stream: 'large' });
  const large = Buffer.alloc(1_048_576);
  const sizes = [publisher.publish([message('one')]), publisher.publish([large]), publisher.publish([message('two')])];
  const [one, tooLarge, two] = await Promise.allSettled(sizes);
  expect([one?.status, two?.status]).toEqual(['fulfilled', 'fulfilled']);
  expect(tooLarge).toMatchObject({ reason: { code: 'message_too_large', retriable: false } });
  await expect(publisher.publish([large])).rejects.toMatchObject({ code: 'message_too_large' });
  expect(await contents(broker, 'large')).toEqual(['one', 'two']);
  await publisher.close();
});

test("a caller's signal ends the wait", async () => {
  const publisher = createStreamPublisher({ ...(await unreachable()), stream: 'any' });
  const giveUp = new AbortController();
  const waiting = publisher.publish([message(1)], { signal: giveUp.signal });
  giveUp.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'aborted', mayBeStored: false });
  await expect(publisher.publish([message(1)], { signal: giveUp.signal })).rejects.toMatchObject({ code: 'aborted' });
  await publisher.close();
});

test('close waits for what is in flight, takes nothing more, and always ends', async () => {
  await broker.createStream('closing');
  const publisher = createStreamPublisher({ ...settings(), stream: 'closing' });
  const sent = publisher.publish([message('last')]);
  const closed = Promise.all([publisher.close(), publisher.close()]);
  await expect(publisher.publish([message('late')])).rejects.toMatchObject({ code: 'closed', retriable: true });
  await closed;
  await sent;
  expect(await contents(broker, 'closing')).toEqual(['last']);
  await createStreamPublisher({ ...settings(), stream: 'never-used' }).close();
});

test('an observer that throws, or publishes itself, does no harm', async () => {
  await broker.createStream('observed');
  const more: Promise<void>[] = [];
  const publisher = createStreamPublisher({
    ...settings(),
    stream: 'observed',
    onEvent({ type }) {
      if (type === 'connected') more.push(publisher.publish([message('second')]));
      throw new Error('observer');
    },
  });
  await publisher.publish([message('first')]);
  await Promise.all(more);
  expect(await contents(broker, 'observed')).toEqual(['first', 'second']);
  await publisher.close();
});

test('a URL or a name that cannot be is said when the publisher is made', () => {
  const wrong = [{ url: 'http://nowhere' }, { name: 'é' }, { name: '' }, { stream: '' }];
  for (const option of wrong) {
    expect(() => createStreamPublisher({ ...settings(), stream: 'any', ...option })).toThrow();
  }
});

test('a super stream: a key has its partition, and its order; a key without one is refused', async () => {
  await broker.createSuperStream('wards', ['w0', 'w1']);
  const publisher = createSuperStreamPublisher({
    ...settings(),
    superStream: 'wards',
    name: 'alerter',
    partitionsMax: 2,
    partitionOf: (key) => (key.startsWith('w') ? `wards-${key}` : undefined),
  });
  const sent = ['w0', 'w1', 'w0', 'w1'].map((key, index) => publisher.publish(key, [message(`${key} ${index}`)]));
  await Promise.all(sent);
  expect(publisher.inFlight()).toBe(0);
  const none = { code: 'no_partition', retriable: false };
  await expect(publisher.publish('x', [message(1)])).rejects.toMatchObject(none);
  await expect(publisher.publish('w2', [message(1)])).rejects.toMatchObject(none);
  await publisher.close();
  await expect(publisher.publish('w0', [message(1)])).rejects.toMatchObject({ code: 'closed' });
  expect(await contents(broker, 'wards-w0')).toEqual(['w0 0', 'w0 2']);
  expect(await contents(broker, 'wards-w1')).toEqual(['w1 1', 'w1 3']);
});
