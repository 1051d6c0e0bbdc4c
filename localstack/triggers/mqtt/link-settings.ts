import type { IClientOptions, ISecureClientOptions } from 'mqtt';
import type { MqttOptions } from './options.ts';
import { type MqttTuning, receiveMaximum } from './tuning.ts';

/** What TLS needs beside the URL: `ca`, `cert`, `key`, `rejectUnauthorized`. */
export type MqttTls = Pick<ISecureClientOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;

/** What one connection is made with. */
export interface LinkSettings {
  /** Without user and password. */
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: MqttTls;
  readonly clientId: string;
  readonly protocolVersion: 4 | 5;
  readonly sessionExpiryS: number;
  readonly receiveMaximum: number;
  readonly keepaliveS: number;
  readonly connectTimeoutMs: number;
  readonly filter: string;
  readonly qos: 0 | 1;
  /** Retained messages come 0: with each subscription, 1: with one that is new to the session, 2: never (MQTT 5, 3.8.3.1). */
  readonly retainHandling: 0 | 1 | 2;
  /** Subscribe also when the session is resumed. */
  readonly subscribeAnew: boolean;
}

const PROTOCOLS = ['mqtt:', 'mqtts:', 'tcp:', 'tls:', 'ssl:', 'ws:', 'wss:'];

/**
 * Settings of all connections of a trigger; user and password come from the URL.
 * @throws TypeError for what is no URL of MQTT; the message does not repeat it, for it may hold a password.
 */
export function linkSettings(
  url: string,
  tls: MqttTls,
  clientId: string,
  options: MqttOptions,
  tuning: MqttTuning,
): Omit<LinkSettings, 'subscribeAnew'> {
  const broker = URL.canParse(url) ? new URL(url) : undefined;
  if (broker === undefined || !PROTOCOLS.includes(broker.protocol)) {
    throw new TypeError(`the broker's URL must be one of ${PROTOCOLS.map((name) => `${name}//…`).join(', ')}`);
  }
  const username = broker.username === '' ? undefined : decodeURIComponent(broker.username);
  const password = broker.password === '' ? undefined : decodeURIComponent(broker.password);
  broker.username = '';
  broker.password = '';
  return {
    url: broker.href,
    username,
    password,
    tls,
    clientId,
    protocolVersion: options.protocolVersion,
    sessionExpiryS: options.sessionExpiry,
    receiveMaximum: receiveMaximum(options),
    keepaliveS: tuning.keepaliveS,
    connectTimeoutMs: tuning.connectTimeoutMs,
    filter: options.topic,
    qos: options.qos,
    // What a kept session has had already is not asked for again when it is subscribed anew.
    retainHandling: options.retained === 'ignore' ? 2 : options.sessionExpiry > 0 ? 1 : 0,
  };
}

/** MQTT.js's own keepalive counts a peer that is not being read as silent; its timer is replaced by one that never runs. */
const NO_TIMER: NonNullable<IClientOptions['timerVariant']> = { set: () => 0, clear: () => undefined };

/** The settings as MQTT.js takes them: it connects once, and neither reconnects nor subscribes by itself. */
export function clientOptions(settings: LinkSettings): IClientOptions {
  const { protocolVersion, sessionExpiryS, receiveMaximum, username, password } = settings;
  return {
    ...settings.tls,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: sessionExpiryS, receiveMaximum } } : {}),
    protocolVersion,
    clientId: settings.clientId,
    clean: sessionExpiryS === 0,
    keepalive: settings.keepaliveS,
    // Later than the limit that ends this link, which also covers the subscription.
    connectTimeout: 2 * settings.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    timerVariant: NO_TIMER,
  };
}
