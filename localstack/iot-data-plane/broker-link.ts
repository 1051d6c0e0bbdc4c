import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type MqttClient, ReasonCodes } from 'mqtt';
import { AwsError } from './aws-error.ts';
import type { IotLogger } from './types.ts';

/** A connection to the broker that is made again whenever it is lost. */
export interface BrokerLink {
  readonly client: MqttClient;
  /**
   * Runs one exchange with the broker: waits a little for the connection, then for the answer, and no longer once the
   * connection is lost, since its outcome is then unknown.
   * @throws AwsError ServiceUnavailableException
   */
  exchange<T>(what: string, run: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface LinkOptions {
  readonly mqttUrl: string;
  /** For the log and the client id. */
  readonly name: string;
  readonly logger: IotLogger;
  /** How long the broker keeps this link's session after a cut; 0: not at all. */
  readonly sessionExpiryS: number;
}

/** A broker restarts in 5 s; who is told sooner can decide sooner. Below the SDK client's usual patience. */
const READY_WAIT_MS = 1_500;
/** A PUBACK takes 1 ms, or as long as a disk flush under load. */
const ANSWER_WAIT_MS = 3_000;
const RECONNECT_EVERY_MS = 500;
const CONNECT_TIMEOUT_MS = 3_000;
/** A peer that vanished is found after one and a half of these. */
const KEEP_ALIVE_S = 10;
const CLOSE_WAIT_MS = 1_000;

const reasonWords: Readonly<Record<number, string>> = ReasonCodes;

/** Node's error of a name with two addresses has no message, only the code of both. */
const inWords = (error: Error) => error.message || String(Reflect.get(error, 'code') ?? error);

const away = (cause?: Error) =>
  new AwsError('ServiceUnavailableException', 'The message broker is not reachable.', cause && { cause });

/**
 * Opens a link; it need not be up. Nothing is queued while it is down, at QoS 0 neither: MQTT.js would send it later, when
 * the request has long been answered with an error.
 * @throws Error when the URL is none of MQTT's
 */
export function openLink({ mqttUrl, name, logger, sessionExpiryS }: LinkOptions): BrokerLink {
  const client = mqtt.connect(mqttUrl, {
    clientId: `heartline-iot-${name}-${randomUUID()}`,
    protocolVersion: 5,
    // The id is new, so there is no session yet; with an expiry of 0 the broker keeps none.
    clean: false,
    properties: { sessionExpiryInterval: sessionExpiryS },
    keepalive: KEEP_ALIVE_S,
    reconnectPeriod: RECONNECT_EVERY_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    queueQoSZero: false,
    resubscribe: false,
  });
  const exchanges = new Set<(error: AwsError) => void>();
  let up = Promise.withResolvers<void>();
  let awaySinceMs: number | undefined;
  let lastError: Error | undefined;

  client.on('connect', () => {
    // With Nagle's algorithm a packet waits up to 40 ms for the acknowledgement of the one before it.
    if (client.stream instanceof Socket) client.stream.setNoDelay(true);
    const awayFor = awaySinceMs === undefined ? {} : { afterMs: Math.round(performance.now() - awaySinceMs) };
    logger.info('connected to the broker', { link: name, ...awayFor });
    awaySinceMs = undefined;
    lastError = undefined;
    up.resolve();
  });
  client.on('error', (error) => {
    lastError = error;
  });
  client.on('disconnect', ({ reasonCode = 0 }) => {
    lastError = new Error(`The broker ended the connection: ${reasonWords[reasonCode] || 'no reason given'}.`);
  });
  client.on('close', () => {
    lastError ??= new Error('The connection was closed.');
    up.resolve();
    up = Promise.withResolvers<void>();
    for (const fail of exchanges) fail(away(lastError));
    if (awaySinceMs === undefined && !client.disconnecting) {
      logger.warn('the broker is away', { link: name, reason: inWords(lastError) });
    }
    awaySinceMs ??= performance.now();
  });

  async function ready(): Promise<void> {
    const until = performance.now() + READY_WAIT_MS;
    while (!client.connected) {
      const leftMs = until - performance.now();
      if (leftMs <= 0) throw away(lastError);
      await within(up.promise, leftMs, () => away(lastError));
    }
  }

  async function exchange<T>(what: string, run: () => Promise<T>): Promise<T> {
    await ready();
    const cut = Promise.withResolvers<never>();
    exchanges.add(cut.reject);
    const late = () => new AwsError('ServiceUnavailableException', `The broker did not answer the ${what} in time.`);
    return within(Promise.race([run(), cut.promise]), ANSWER_WAIT_MS, late).finally(() => exchanges.delete(cut.reject));
  }

  async function close(): Promise<void> {
    // The session ends with the link, whatever expiry it was opened with.
    const ended = client.endAsync(!client.connected, { properties: { sessionExpiryInterval: 0 } });
    await Promise.race([ended, sleep(CLOSE_WAIT_MS, undefined, { ref: false })]);
    client.stream?.destroy();
  }

  return { client, exchange, close };
}

/** The promise, or the error when it takes longer. */
async function within<T>(promise: Promise<T>, limitMs: number, late: () => AwsError): Promise<T> {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(late()), limitMs);
  return Promise.race([promise, limit.promise]).finally(() => clearTimeout(timer));
}
