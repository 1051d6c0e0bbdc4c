import type { IPublishPacket } from 'mqtt';
import { AwsError } from './aws-error.ts';
import type { BrokerLink } from './broker-link.ts';
import type { RetainedMessage } from './types.ts';

/**
 * Asks the broker for what it retains under these topics; a topic without a retained message is not in the answer.
 * @throws AwsError ServiceUnavailableException
 */
export type ReadRetained = (topics: readonly string[]) => Promise<Map<string, RetainedMessage>>;

/** Bounds the SUBSCRIBE packet (256 KB) and the broker's work for it. */
const MAX_TOPICS_A_READING = 1_000;

/**
 * A broker hands retained messages out on subscription only. So each reading subscribes to the topics and unsubscribes: the
 * broker answers one connection in order, so when the UNSUBACK is here, all that it retains is, too; no waiting time is guessed.
 * Readings go one after another: whatever arrives with the RETAIN flag (without Retain As Published, a live message has
 * none: MQTT 5, section 3.3.1.3) is of the reading that runs. Who comes meanwhile shares the next one.
 */
export function retainedReader(link: BrokerLink): ReadRetained {
  let found = new Map<string, RetainedMessage>();
  let running: Promise<unknown> = Promise.resolve();
  let next: { topics: Set<string>; reading: ReturnType<ReadRetained> } | undefined;

  link.client.on('message', (topic, payload, { retain, qos, properties }: IPublishPacket) => {
    if (retain) found.set(topic, { payload, qos, userProperties: properties?.userProperties });
  });

  async function read(topics: string[]): Promise<Map<string, RetainedMessage>> {
    found = new Map();
    await link.exchange('reading of retained messages', async () => {
      try {
        await link.client.subscribeAsync(topics, { qos: 1, rap: false, rh: 0 });
        await link.client.unsubscribeAsync(topics);
      } catch (error) {
        const message = 'The broker did not hand out retained messages.';
        throw new AwsError('ServiceUnavailableException', message, { cause: error });
      }
    });
    return found;
  }

  function enqueue(): NonNullable<typeof next> {
    const topics = new Set<string>();
    const reading = running.then(() => {
      next = undefined;
      return read([...topics]);
    });
    running = reading.catch(() => undefined); // those who share it are told
    return { topics, reading };
  }

  return async (topics) => {
    next ??= enqueue();
    if (next.topics.size + topics.length > MAX_TOPICS_A_READING) {
      throw new AwsError('ThrottlingException', 'Too many retained messages are being read.');
    }
    for (const topic of topics) next.topics.add(topic);
    return next.reading;
  };
}
