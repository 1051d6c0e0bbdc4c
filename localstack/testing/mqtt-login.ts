import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

/** One connection of MQTT 5 that is not made again, and what the broker does with it. */
export interface MqttLogin {
  readonly client: MqttClient;
  /** Topic, payload and retain of what has come. */
  readonly messages: { topic: string; text: string; retained: boolean }[];
  /** Resolves when it has ended, with the reason code if the broker has said one. */
  readonly ended: Promise<number | undefined>;
  /** Resolves with `acknowledged`, or with `ended` when the broker closes the connection instead. */
  publish(topic: string, text: string, options?: { retain?: boolean; qos?: 0 | 1 }): Promise<'acknowledged' | 'ended'>;
  /** Resolves with the code of the SUBACK: the QoS, or from 128 on the refusal. */
  subscribe(filter: string): Promise<number | undefined>;
}

export type LoginOptions = Omit<IClientOptions, 'protocolVersion' | 'reconnectPeriod'>;

/** Connects, or rejects with what the broker said: its `code` is the CONNACK's. */
export async function mqttLogin(url: string, options: LoginOptions): Promise<MqttLogin> {
  const client = mqtt.connect(url, { ...options, protocolVersion: 5, reconnectPeriod: 0 });
  const messages: MqttLogin['messages'] = [];
  const subscribed = new Map<number | undefined, (code: number | undefined) => void>();
  let reason: number | undefined;
  const ended = new Promise<number | undefined>((resolve) => {
    client.on('disconnect', ({ reasonCode }) => {
      reason = reasonCode;
    });
    client.on('close', () => resolve(reason));
  });
  client.on('error', () => undefined);
  client.on('message', (topic, payload, { retain }) => {
    messages.push({ topic, text: payload.toString(), retained: retain });
  });
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'suback') for (const code of packet.granted) subscribed.get(packet.messageId)?.(Number(code));
  });
  // Listened to from the start: what a session has kept comes with the CONNACK.
  const connected = Promise.withResolvers<unknown>();
  client.once('connect', connected.resolve);
  client.once('error', connected.reject);
  client.once('close', () => connected.reject(new Error('the connection was closed')));
  await connected.promise.catch((error: unknown) => {
    client.end(true);
    throw error;
  });
  return {
    client,
    messages,
    ended,
    publish: (topic, text, given) =>
      Promise.race([
        client.publishAsync(topic, text, { qos: 1, ...given }).then(() => 'acknowledged' as const),
        ended.then(() => 'ended' as const),
      ]),
    subscribe: (filter) =>
      new Promise((resolve) => {
        client.subscribe(filter, { qos: 1 }, () => undefined);
        subscribed.set(client.getLastMessageId(), resolve);
        void ended.then(() => resolve(undefined));
      }),
  };
}
