import type { IPublishPacket } from 'mqtt';
import type { BrokerLink } from './broker-link.ts';
import type { RetainedIndex } from './retained-index.ts';
import type { IotLogger } from './types.ts';

/** Keeps the index up to date with what anybody publishes as retained under these filters. */
export function trackRetained(
  { client }: BrokerLink,
  filters: readonly string[],
  index: RetainedIndex,
  logger: IotLogger,
): void {
  client.on('message', (topic, payload, { retain }: IPublishPacket) => {
    if (!retain) return;
    // MQTT 5, section 3.3.1.3: an empty payload removes the retained message.
    if (payload.length === 0) index.cleared(topic, index.entry(topic));
    else index.published(topic);
  });
  client.on('connect', () => {
    // Retain As Published: live messages keep the flag. None that are retained already (`rh: 2`): they have no time of theirs.
    client.subscribe([...filters], { qos: 1, rap: true, rh: 2 }, (error) => {
      if (error && client.connected) logger.warn('retained messages are not followed', { error });
    });
  });
}
