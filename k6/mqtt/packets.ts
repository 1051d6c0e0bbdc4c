import type { IPublishPacket, Packet } from 'mqtt-packet';
import { MqttError } from './in-flight.ts';
import { type ConnectOptions, DEFAULT_KEEPALIVE_S, type PublishOptions } from './options.ts';

/** MQTT 5, section 2.4: from here on a reason code is an error. */
const FIRST_ERROR_CODE = 0x80;

export const reasonOf = (code: number) => `0x${code.toString(16).padStart(2, '0')}`;

export function connectPacket(options: ConnectOptions): Packet {
  const { clientId, keepalive = DEFAULT_KEEPALIVE_S, clean = true, username, password, sessionExpiry } = options;
  const { protocolVersion = 5 } = options;
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion,
    clientId,
    keepalive,
    clean,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password as unknown as Buffer }), // text will do
    ...(sessionExpiry === undefined || protocolVersion === 4
      ? {}
      : { properties: { sessionExpiryInterval: sessionExpiry } }),
  };
}

/** @param messageId of QoS 1 */
export function publishPacket(topic: string, payload: string, options: PublishOptions, messageId?: number): Packet {
  const { qos = 0, retain = false, properties } = options;
  const packet: IPublishPacket = { cmd: 'publish', topic, payload, qos, retain, dup: false };
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

/** @throws MqttError `refused` when a PUBACK or SUBACK says so */
export function checkAccepted(packet: Packet, about: string): void {
  const granted = packet.cmd === 'suback' ? packet.granted[0] : undefined;
  const code = packet.cmd === 'puback' ? (packet.reasonCode ?? 0) : typeof granted === 'number' ? granted : 0;
  if (code >= FIRST_ERROR_CODE) throw new MqttError('refused', `the broker refuses ${about}: ${reasonOf(code)}`);
}
