import type { IPublishPacket } from 'mqtt';
import type { BrokerLink } from './broker-link.ts';
import type { IotLogger } from './types.ts';

/** Which topics have a retained message, as far as is known here. */
export interface RetainedIndex {
  /** Notes that a message with the RETAIN flag was published now. */
  published(topic: string, payloadBytes: number): void;
  /** Notes what the broker says of a topic. */
  found(topic: string, isRetained: boolean): void;
  /** When the retained message was published (epoch ms), if that was seen. */
  publishedAt(topic: string): number | undefined;
  /** Up to `limit` topics after `after`, in the order of their code units. */
  page(after: string, limit: number): string[];
}

/** Some MB of memory. */
const MAX_TOPICS = 50_000;

/** An index that is empty at first, and follows what is published under the link's filters. */
export function retainedIndex(link: BrokerLink, filters: readonly string[], logger: IotLogger): RetainedIndex {
  const topics = new Map<string, number | undefined>();
  let saidFull = false;

  function add(topic: string, atMs: number | undefined): void {
    if (topics.has(topic) || topics.size < MAX_TOPICS) {
      topics.set(topic, atMs);
      return;
    }
    if (!saidFull) logger.warn('more retained topics than are kept track of', { topics: MAX_TOPICS });
    saidFull = true;
  }

  /** MQTT 5, section 3.3.1.3: an empty payload removes the retained message. */
  function published(topic: string, payloadBytes: number): void {
    if (payloadBytes === 0) topics.delete(topic);
    else add(topic, Date.now());
  }

  link.client.on('message', (topic, payload, { retain }: IPublishPacket) => {
    if (retain) published(topic, payload.length);
  });
  link.client.on('connect', () => {
    // Retain As Published: live messages keep the flag. None that are retained already (`rh: 2`): they have no time of theirs.
    link.client.subscribe([...filters], { qos: 1, rap: true, rh: 2 }, (error) => {
      if (error && link.client.connected) logger.warn('retained messages are not followed', { error });
    });
  });

  return {
    published,
    found(topic, isRetained) {
      if (!isRetained) topics.delete(topic);
      else if (!topics.has(topic)) add(topic, undefined);
    },
    publishedAt: (topic) => topics.get(topic),
    page: (after, limit) =>
      [...topics.keys()]
        .filter((topic) => topic > after)
        .sort()
        .slice(0, limit),
  };
}
