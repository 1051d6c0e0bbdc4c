import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { encodeMessage } from './encode-message.ts';
import { consumePartition } from './partition.ts';
import { declarePublisher } from './publisher.ts';
import { queryPublisherSequence } from './publisher-link.ts';
import { BOOT_TIMEOUT_MS, contentOf, streamBroker, type TestStreamBroker } from './test-stream-broker.ts';

let broker: TestStreamBroker;
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const message = (text: string) => encodeMessage({ content: Buffer.from(text) });
const END = 'the end';

async function contents(stream: string): Promise<string[]> {
  await broker.publish(stream, [message(END)]);
  const client = await broker.connect();
  const seen: string[] = [];
  const onRecord = (record: Parameters<typeof contentOf>[0]) => void seen.push(contentOf(record));
  await consumePartition({ client, stream, consumerName: 'reader', singleActive: false, offset: 'first', onRecord });
  await eventually('the end', () => seen.at(-1) === END);
  return seen.slice(0, -1);
}

test('with a reference the broker stores an id once, confirms it each time, and knows the highest', async () => {
  await broker.createStream('once');
  const key = { client: await broker.connect(), stream: 'once', reference: 'alerter' };
  expect(await queryPublisherSequence(key)).toBe(0n);
  const first = await declarePublisher(key);
  await first.publish([message('5'), message('9')], [5n, 9n]);
  expect(await queryPublisherSequence(key)).toBe(9n);
  await first.close();

  const client = await broker.connect();
  const again = await declarePublisher({ ...key, client });
  // What one process sent and another sends again; its link keeps count of its own ids, so 5 and 9 may come.
  await again.publish([message('5 again'), message('9 again'), message('12')], [5n, 9n, 12n]);
  await again.close();
  // The largest id there is: eight bytes, not four.
  const other = await declarePublisher({ ...key, client, reference: 'other' });
  await other.publish([message('largest')], [2n ** 64n - 1n]);
  expect(await contents('once')).toEqual(['5', '9', '12', 'largest']);
  expect(await queryPublisherSequence({ ...key, client })).toBe(12n);
  expect(await queryPublisherSequence({ ...key, client, reference: 'other' })).toBe(2n ** 64n - 1n);
});

test('without ids a reference goes on from the highest stored; the mutant that begins at 1 loses its message', async () => {
  await broker.createStream('goes-on');
  const key = { stream: 'goes-on', reference: 'alerter' };
  for (const life of ['a', 'b']) {
    const publisher = await declarePublisher({ ...key, client: await broker.connect() });
    await publisher.publish([message(`${life}1`), message(`${life}2`)]);
    await publisher.publish([message(`${life}3`)]);
  }
  const mutant = await declarePublisher({ ...key, client: await broker.connect() });
  await mutant.publish([message('lost')], [1n]);
  expect(await contents('goes-on')).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
});

test('ids that do not rise, 0, too few, and a name that cannot be are refused before anything is sent', async () => {
  await broker.createStream('ids-refused');
  const client = await broker.connect();
  const publisher = await declarePublisher({ client, stream: 'ids-refused', reference: 'alerter' });
  const two = [message('x'), message('y')];
  await publisher.publish([message('3')], [3n]);
  for (const ids of [[0n, 1n], [3n, 4n], [5n, 5n], [6n, 5n], [7n], [8n, 2n ** 64n]]) {
    await expect(publisher.publish(two, ids)).rejects.toMatchObject({ code: 'invalid_argument' });
  }
  expect(publisher.inFlight()).toBe(0);
  await publisher.publish(two, [4n, 5n]);
  expect(await contents('ids-refused')).toEqual(['3', 'x', 'y']);
  for (const reference of ['', 'Ä', 'x'.repeat(256)]) {
    const declared = declarePublisher({ client, stream: 'ids-refused', reference });
    await expect(declared).rejects.toMatchObject({ code: 'invalid_argument' });
  }
  const longest = { client, stream: 'ids-refused', reference: 'x'.repeat(255) };
  await (await declarePublisher(longest)).publish([message('long')], [1n]);
  expect(await queryPublisherSequence(longest)).toBe(1n);
  const missing = { client, stream: 'missing', reference: 'alerter' };
  await expect(queryPublisherSequence(missing)).rejects.toMatchObject({ code: 'refused', responseCode: 2 });
  await expect(declarePublisher(missing)).rejects.toMatchObject({ code: 'refused', responseCode: 2 });
});
