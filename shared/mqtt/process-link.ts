import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import mqtt, { ErrorWithReasonCode, type MqttClient } from 'mqtt';
import { config } from '../config.ts';
import { PermanentError, TransientError } from '../errors.ts';
import { telemetry } from '../telemetry.ts';

/** A broker restarts in 5 s; who is told sooner that it is away can try again sooner. */
const CONNECTED_WITHIN_MS = 1_500;
/** A PUBACK takes 1 ms, or as long as a disk flush under load. */
const ANSWER_WITHIN_MS = 3_000;
const RECONNECT_EVERY_MS = 500;
const CONNECT_TIMEOUT_MS = 3_000;
/** A peer that vanished is found after one and a half of these. */
const KEEP_ALIVE_S = 10;
const CLOSE_WITHIN_MS = 1_000;

let current: MqttClient | undefined;

/** This process's connection for publishing, made on first use and again whenever it is lost. */
function link(): MqttClient {
  if (current !== undefined) return current;
  const { log } = telemetry();
  const client = mqtt.connect(config().endpoints.rabbitmq.mqtt, {
    clientId: `heartline-push-${randomUUID()}`,
    protocolVersion: 5,
    clean: true,
    keepalive: KEEP_ALIVE_S,
    reconnectPeriod: RECONNECT_EVERY_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    queueQoSZero: false,
    resubscribe: false,
  });
  let isAway = false;
  client.on('connect', () => {
    // With Nagle's algorithm a packet waits up to 40 ms for the acknowledgement of the one before it.
    if (client.stream instanceof Socket) client.stream.setNoDelay(true);
    if (isAway) log.info('connected to the broker again', { link: 'push' });
    isAway = false;
  });
  client.on('error', () => undefined); // the close that follows says so
  client.on('close', () => {
    if (!isAway && !client.disconnecting) log.warn('the broker is away', { link: 'push' });
    isAway = true;
  });
  current = client;
  return client;
}

const away = (message: string, cause?: unknown) => new TransientError('broker_unavailable', message, { cause });

async function connected(client: MqttClient): Promise<void> {
  const come = Promise.withResolvers<void>();
  const timer = setTimeout(() => come.reject(away('The message broker is not reachable.')), CONNECTED_WITHIN_MS);
  const done = () => come.resolve();
  client.once('connect', done);
  try {
    await come.promise;
  } finally {
    clearTimeout(timer);
    client.off('connect', done);
  }
}

function acknowledged(client: MqttClient, topic: string, payload: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let messageId: number | undefined;
    const end = (error?: Error) => {
      clearTimeout(timer);
      client.off('close', lost);
      if (error === undefined) return resolve();
      // MQTT.js would send it when it is connected again, over what others have said since.
      if (messageId !== undefined) client.removeOutgoingMessage(messageId);
      reject(error);
    };
    const lost = () => end(away('The connection to the broker was lost.'));
    const timer = setTimeout(() => end(away('The broker did not acknowledge in time.')), ANSWER_WITHIN_MS);
    client.once('close', lost);
    const options = { qos: 1, retain: true, properties: { contentType: 'application/json' } } as const;
    client.publish(topic, payload, options, (error) => {
      if (!(error instanceof Error)) return end();
      end(
        error instanceof ErrorWithReasonCode
          ? new PermanentError('publish_refused', `The broker refused ${topic}: reason code ${error.code}.`)
          : away('The broker did not take the message.', error),
      );
    });
    messageId = client.getLastMessageId();
  });
}

/**
 * Publishes a value as JSON at QoS 1, retained; resolves when the broker has acknowledged it.
 * @throws TransientError `broker_unavailable` in bounded time: it may have been published all the same; PermanentError `publish_refused`
 */
export async function publishRetained(topic: string, value: object): Promise<void> {
  const client = link();
  if (!client.connected) await connected(client);
  await acknowledged(client, topic, JSON.stringify(value));
}

/** Ends this process's connection; the next publish makes a new one. */
export async function closeProcessLink(): Promise<void> {
  const client = current;
  current = undefined;
  if (client === undefined) return;
  const timer = setTimeout(() => client.stream?.destroy(), CLOSE_WITHIN_MS);
  await client.endAsync(!client.connected).catch(() => undefined);
  clearTimeout(timer);
}
