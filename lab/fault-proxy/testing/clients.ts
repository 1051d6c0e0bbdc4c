import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { Protocol } from './packets.ts';

const LOOPBACK = '127.0.0.1';
const RECONNECT_MS = 50;
const CONNECT_TIMEOUT_MS = 20_000;

export interface Client {
  readonly mqtt: MqttClient;
  /** All messages, as they came. */
  readonly received: readonly IPublishPacket[];
  payloads(): string[];
  end(): Promise<void>;
}

/** An MQTT.js client on this port: through a proxy, or the broker itself. */
export async function mqttClient(port: number, protocol: Protocol, options: IClientOptions = {}): Promise<Client> {
  const mqtt = await connectAsync(`mqtt://${LOOPBACK}:${port}`, {
    protocolVersion: protocol,
    reconnectPeriod: RECONNECT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...options,
  });
  const received: IPublishPacket[] = [];
  // It stays subscribed to errors: a cut is what these tests are about.
  mqtt.on('error', () => undefined);
  mqtt.on('message', (_topic, _payload, packet) => received.push(packet));
  return {
    mqtt,
    received,
    payloads: () => received.map(({ payload }) => payload.toString()),
    end: () => mqtt.endAsync(true),
  };
}
