import { randomUUID } from 'node:crypto';
import { eventually } from '../../testing/eventually.ts';
import { encodeMessage } from '../stream-client/encode-message.ts';
import { consumePartition } from '../stream-client/partition.ts';
import { contentOf, type TestStreamBroker } from '../stream-client/test-stream-broker.ts';

const END = 'the end';
const DEADLINE_MS = 60_000;

export const message = (text: string | number): Buffer => encodeMessage({ content: Buffer.from(String(text)) });

/** All that is in the stream, as text; marks its end first, so that nothing can be on its way. */
export async function contents(broker: TestStreamBroker, stream: string): Promise<string[]> {
  // One of its own: the stream may have been read before.
  const end = `${END} ${randomUUID()}`;
  await broker.publish(stream, [message(end)]);
  const client = await broker.connect();
  const seen: string[] = [];
  await consumePartition({
    client,
    stream,
    consumerName: 'contents',
    singleActive: false,
    offset: 'first',
    onRecord: (record) => void seen.push(contentOf(record)),
  });
  await eventually(`the end of ${stream}`, () => seen.at(-1) === end, DEADLINE_MS);
  await client.close();
  return seen.filter((text) => !text.startsWith(END));
}
