import { connect, type MqttClient } from 'mqtt';
import type { Outcome } from '../verdict/history.ts';

/** Devices notice a dead link by it. */
const KEEP_ALIVE_S = 5;
const CONNECT_TIMEOUT_MS = 5_000;
/** A broker that has not acknowledged in this time is given up, and with it the connection. */
const ACKNOWLEDGEMENT_TIMEOUT_MS = 8_000;
/** From the first try to the last but a few. */
const RECONNECT_MS = { from: 50, to: 1_000 };
const JITTER = 0.5;
/**
 * MQTT 5, 3.4.2.1: "No matching subscribers": acknowledged, and kept by nobody. RabbitMQ says it while it boots, before its
 * bindings are there. Who wants the message kept sends it again.
 */
const NOBODY = 0x10;
const FIRST_ERROR_CODE = 0x80;

/** Publishes at QoS 1 over one connection at a time, and says how each attempt ended. */
export interface DeviceConnection {
  readonly isUp: boolean;
  /**
   * `acked`: the broker has it, in a queue. `failed`: no connection, nothing left the process. `unknown`: whatever else, a
   * negative acknowledgement too, since a copy may be in one of several queues.
   */
  publish(topic: string, payload: string): Promise<Outcome>;
  close(): Promise<void>;
}

/**
 * A connection that is made anew whenever it ends, never taken up: MQTT.js would send again by itself what is in flight, and
 * nobody could say how often.
 */
export function deviceConnection(url: string, clientId: string): DeviceConnection {
  let client: MqttClient | undefined;
  let isUp = false;
  let closed = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  const inFlight = new Set<(outcome: Outcome) => void>();
  /** MQTT.js hands a publish's callback the message, not its acknowledgement. */
  const reasons = new Map<number, number>();

  const open = () => {
    const current = connect(url, {
      clientId,
      clean: true,
      protocolVersion: 5,
      keepalive: KEEP_ALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      queueQoSZero: false,
    });
    client = current;
    reasons.clear();
    current.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback') reasons.set(packet.messageId ?? 0, packet.reasonCode ?? 0);
    });
    current.on('connect', () => {
      isUp = true;
      failures = 0;
    });
    // A connection that ends tells it by 'close' as well, which is where it is dealt with.
    current.on('error', () => current.end(true));
    current.on('disconnect', () => current.end(true));
    current.once('close', () => {
      isUp = false;
      for (const settle of [...inFlight]) settle('unknown');
      current.removeAllListeners('connect');
      current.end(true);
      if (closed) return;
      failures += 1;
      const waitMs = Math.min(RECONNECT_MS.to, RECONNECT_MS.from * 2 ** failures);
      timer = setTimeout(open, waitMs * (1 - JITTER * Math.random()));
    });
  };
  open();

  return {
    get isUp() {
      return isUp;
    },
    publish(topic, payload) {
      const current = client;
      if (!isUp || !current) return Promise.resolve('failed');
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      const settle = (outcome: Outcome) => {
        clearTimeout(late);
        inFlight.delete(settle);
        resolve(outcome);
      };
      const late = setTimeout(() => current.stream.destroy(), ACKNOWLEDGEMENT_TIMEOUT_MS);
      inFlight.add(settle);
      current.publish(topic, payload, { qos: 1 }, (error, packet) => {
        const reason = reasons.get(packet?.messageId ?? 0) ?? 0;
        reasons.delete(packet?.messageId ?? 0);
        settle(error || reason === NOBODY || reason >= FIRST_ERROR_CODE ? 'unknown' : 'acked');
      });
      return promise;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.endAsync();
    },
  };
}
