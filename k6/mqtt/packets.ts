import type { IPublishPacket, Packet } from 'mqtt-packet';
import { MqttError } from './in-flight.ts';
import { type ConnectOptions, DEFAULT_KEEPALIVE_S, type PublishOptions } from './options.ts';

/** MQTT 5, section 2.4: from here on a reason code is an error. */
const FIRST_ERROR_CODE = 0x80;

/** MQTT 5, 3.4.2.1: acknowledged, and kept by nobody. RabbitMQ says it while it boots, before its bindings are there. */
const NO_MATCHING_SUBSCRIBERS = 0x10;

export const reasonOf = (code: number) => `0x${code.toString(16).padStart(2, '0')}`;

/** mqtt-packet takes a text where its types ask for bytes. */
const bytes = (text: string) => text as unknown as Buffer;

export function connectPacket(options: ConnectOptions): Packet {
  const { clientId, keepalive = DEFAULT_KEEPALIVE_S, clean = true, username, password, sessionExpiry } = options;
  const { protocolVersion = 5, will } = options;
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion,
    clientId,
    keepalive,
    clean,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: bytes(password) }),
    ...(sessionExpiry === undefined || protocolVersion === 4
      ? {}
      : { properties: { sessionExpiryInterval: sessionExpiry } }),
    ...(will === undefined
      ? {}
      : {
          will: { topic: will.topic, payload: bytes(will.payload), qos: will.qos ?? 0, retain: will.retain ?? false },
        }),
  };
}

/** @param messageId of QoS 1 */
export function publishPacket(
  topic: string,
  payload: string | Uint8Array,
  options: PublishOptions,
  messageId?: number,
): Packet {
  const { qos = 0, retain = false, properties } = options;
  const packet: IPublishPacket = {
    cmd: 'publish',
    topic,
    payload: payload as string | Buffer,
    qos,
    retain,
    dup: false,
  };
  if (messageId !== undefined) packet.messageId = messageId;
  // mqtt-packet leaves the properties out of a packet of MQTT 3.1.1.
  if (properties !== undefined) packet.properties = properties;
  return packet;
}

export const subscribePacket = (topic: string, qos: 0 | 1, messageId: number): Packet => ({
  cmd: 'subscribe',
  messageId,
  subscriptions: [{ topic, qos, nl: false, rap: true, rh: 0 }],
});

/** @throws MqttError `refused` when a PUBACK or SUBACK says so, `protocol_error` when it answers something else */
export function checkAccepted(packet: Packet, wanted: 'puback' | 'suback', about: string): void {
  if (packet.cmd !== wanted) throw new MqttError('protocol_error', `the broker answers ${about} with a ${packet.cmd}`);
  const answer = packet.cmd === 'suback' ? packet.granted[0] : packet.reasonCode;
  const code = typeof answer === 'number' ? answer : 0;
  if (code >= FIRST_ERROR_CODE) throw new MqttError('refused', `the broker refuses ${about}: ${reasonOf(code)}`);
}

/** @throws MqttError `not_kept` when the acknowledgement says that no queue has the message */
export function checkKept(packet: Packet, topic: string): void {
  const code = packet.cmd === 'puback' ? packet.reasonCode : undefined;
  if (code === NO_MATCHING_SUBSCRIBERS) throw new MqttError('not_kept', `nobody keeps ${topic}: ${reasonOf(code)}`);
}
