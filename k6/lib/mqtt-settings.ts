// The broker and how it is spoken to, as the environment says.
import type { ConnectOptions } from '../mqtt/options.ts';
import { choiceFrom, numberFrom, secondsFrom } from './load.ts';

/** QOS: 0 by default. */
export const qos = choiceFrom<0 | 1>('QOS', { '0': 0, '1': 1 }, '0');
const protocolVersion = choiceFrom<4 | 5>('MQTT_VERSION', { '4': 4, '5': 5 }, '5');

/** WEB_MQTT_URL, MQTT_USERNAME, MQTT_PASSWORD and the time-outs. */
const connection: Omit<ConnectOptions, 'clientId'> = {
  url: __ENV['WEB_MQTT_URL'] || 'ws://127.0.0.1:15675/ws',
  protocolVersion,
  keepalive: numberFrom('KEEPALIVE', 30),
  connectTimeoutMs: secondsFrom('CONNECT_TIMEOUT', '5s') * 1000,
  ackTimeoutMs: secondsFrom('ACK_TIMEOUT', '10s') * 1000,
  maxInFlight: numberFrom('IN_FLIGHT', 1_000),
  ...(__ENV['MQTT_USERNAME'] ? { username: __ENV['MQTT_USERNAME'] } : {}),
  ...(__ENV['MQTT_PASSWORD'] ? { password: __ENV['MQTT_PASSWORD'] } : {}),
};

export const connectionOf = (clientId: string): ConnectOptions => ({ ...connection, clientId });
