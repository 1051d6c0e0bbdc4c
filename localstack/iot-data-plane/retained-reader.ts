import type { IPublishPacket } from 'mqtt';
import { AwsError } from './aws-error.ts';
import type { BrokerLink } from './broker-link.ts';
import type { RetainedMessage } from './types.ts';

/**
 * Asks the broker for what it retains under these topics; a topic without a retained message is not in the answer.
 * @throws AwsError ServiceUnavailableException
 */
export type ReadRetained = (topics: readonly string[]) => Promise<Map<string, RetainedMessage>>;

/** RabbitMQ takes 6 ms for each topic of a SUBSCRIBE and its UNSUBSCRIBE (measured): so many stay far below an exchange's limit. */
const MAX_TOPICS_AN_EXCHANGE = 50;
/** Two full pages of a list, 2.5 s: who comes then comes too often. */
const MAX_TOPICS_A_READING = 400;

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
    for (let from = 0; from < topics.length; from += MAX_TOPICS_AN_EXCHANGE) {
      await exchange(topics.slice(from, from + MAX_TOPICS_AN_EXCHANGE));
    }
    return found;
  }

  async function exchange(topics: string[]): Promise<void> {
    await link.exchange('reading of retained messages', async () => {
      try {
        await link.client.subscribeAsync(topics, { qos: 1, rap: false, rh: 0 });
        await link.client.unsubscribeAsync(topics);
      } catch (error) {
        const message = 'The broker did not hand out retained messages.';
        throw new AwsError('ServiceUnavailableException', message, { cause: error });
      }
    });
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
