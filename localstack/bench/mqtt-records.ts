import { connectAsync } from 'mqtt';
import { encodeMessage } from '../triggers/stream-client/encode-message.ts';
import { consumePartition } from '../triggers/stream-client/partition.ts';
import type { TestStreamBroker } from '../triggers/stream-client/test-stream-broker.ts';

const ARRIVED = 'arrived';
/** Descriptor of AMQP's data section, the last one of what comes over MQTT. */
const DATA_SECTION = Buffer.of(0x00, 0x53, 0x75);

export interface MqttMessage {
  readonly topic: string;
  readonly payload: string;
}

/** Messages as the broker stores them when they come over MQTT, in their order. */
export async function asTheyArrive(broker: TestStreamBroker, messages: readonly MqttMessage[]): Promise<Buffer[]> {
  await broker.createStream(ARRIVED);
  await broker.bind(ARRIVED, 'hl.#');
  const device = await connectAsync(broker.mqtt, { protocolVersion: 5 });
  for (const { topic, payload } of messages) await device.publishAsync(topic, payload, { qos: 1 });
  await device.endAsync();
  const client = await broker.connect();
  const arrived = Promise.withResolvers<void>();
  const records: Buffer[] = [];
  const consumer = await consumePartition({
    client,
    stream: ARRIVED,
    consumerName: 'bench',
    singleActive: false,
    offset: 'first',
    onRecord({ bytes }) {
      records.push(Buffer.from(bytes));
      if (records.length === messages.length) arrived.resolve();
      return undefined;
    },
  });
  await arrived.promise;
  await consumer.close();
  await client.close();
  return records;
}

/** A record that came over MQTT, as it would be stored with another payload under the same topic. */
export function withPayload(record: Buffer, payload: string): Buffer {
  const before = record.subarray(0, record.indexOf(DATA_SECTION));
  return Buffer.concat([before, encodeMessage({ content: Buffer.from(payload) })]);
}
