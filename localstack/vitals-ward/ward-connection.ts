import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { connect, type MqttClient } from 'mqtt';
import type { MqttCredentials } from '../../shared/access/gateway-login.ts';
import { backoffMs } from '../ward/backoff.ts';
import { reason } from '../ward/reason.ts';
import { createOutbox, type Outbox, type OutboxLimits } from './outbox.ts';

/** A message on its way to the broker. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  readonly readings: number;
  /** When it was handed to a connection first, and last; milliseconds since 1970. */
  firstSentMs?: number;
  lastSentMs?: number;
}

export interface WardConnection {
  readonly outbox: Omit<Outbox<Outgoing>, 'push'>;
  readonly isUp: boolean;
  send(message: Outgoing): void;
  /** Waits a little for the broker to take leave; what is not acknowledged by now is left. */
  close(): Promise<void>;
}

/** As whom a ward's gateway connects: a token lives shorter than a hospital's monitors run. Undefined: as the URL says. */
export type WardLogin = (ward: string) => Promise<MqttCredentials | undefined>;

export interface WardConnectionOptions {
  readonly url: string;
  readonly logIn?: WardLogin | undefined;
  readonly ward: string;
  readonly limits: OutboxLimits;
  /** Handed to the connection; `again` after one was lost. */
  readonly onSent: (message: Outgoing, again: boolean) => void;
  readonly onAcknowledged: (message: Outgoing) => void;
  /** It could not be made, or was lost. */
  readonly onDown: (why: string) => void;
  /** The broker has taken a message over a new connection. */
  readonly onUp: () => void;
}

const KEEP_ALIVE_S = 10;
const CONNECT_TIMEOUT_MS = 5_000;
/** An acknowledgement takes milliseconds, on a busy broker some hundred: one that is still not there comes no more. */
const ACKNOWLEDGEMENT_TIMEOUT_MS = 8_000;
const LOOK_EVERY_MS = 1_000;
/** The first wait before a connection is made again, and the longest: a broker's restart takes 5 s. */
const RECONNECT = { firstMs: 200, mostMs: 2_000 };
const CLOSE_WAIT_MS = 1_000;
/**
 * MQTT 5, 3.4.2.1: "No matching subscribers". RabbitMQ says it while it boots, before its bindings are there: nobody has kept the
 * message, so it is sent again.
 */
const NOBODY = 0x10;
const FIRST_ERROR_CODE = 0x80;
const CLOSED = 'the connection was closed';

/**
 * A ward's central station: sends all beds' messages over one connection, at QoS 1 and in order, and keeps them while it has none.
 * A lost connection is made anew, never taken up: what is sent again is then known, and counted.
 */
export function openWardConnection(options: WardConnectionOptions): WardConnection {
  const { url, logIn = async () => undefined, ward, limits, onSent, onAcknowledged, onDown, onUp } = options;
  const outbox = createOutbox<Outgoing>(limits);
  // Two simulators may play the same ward; of two connections with one id the broker ends the first.
  const clientId = `vitals-${ward}-${randomUUID()}`;
  let client: MqttClient | undefined;
  let isUp = false;
  let closed = false;
  let failures = 0;
  let why = CLOSED;
  let again: NodeJS.Timeout | undefined;

  function open(): void {
    logIn(ward).then(
      (credentials) => {
        if (!closed) openAs(credentials);
      },
      (error: unknown) => openLater(reason(error)),
    );
  }

  function openLater(because: string): void {
    if (closed) return;
    onDown(because);
    failures += 1;
    again = setTimeout(open, backoffMs(failures, RECONNECT, Math.random));
  }

  function openAs(credentials: MqttCredentials | undefined): void {
    /** Packet id → reason: MQTT.js hands a publish's callback the message, not its acknowledgement. */
    const reasons = new Map<number | undefined, number>();
    let hasTaken = false;
    why = CLOSED;
    const current = connect(url, {
      ...credentials,
      clientId,
      protocolVersion: 5,
      clean: true,
      keepalive: KEEP_ALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      queueQoSZero: false,
    });
    client = current;
    current.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback' && packet.reasonCode) reasons.set(packet.messageId, packet.reasonCode);
    });
    current.on('connect', () => {
      // With Nagle's algorithm a packet waits up to 40 ms for the acknowledgement of the one before it.
      if (current.stream instanceof Socket) current.stream.setNoDelay(true);
      isUp = true;
      sendWhatMay();
    });
    // A connection that ends says 'close' as well, which is where it is dealt with.
    const lose = (because: string) => {
      why = because;
      isUp = false;
      current.end(true);
    };
    current.on('error', (error) => lose(reason(error)));
    current.on('disconnect', ({ reasonCode }) => lose(`the broker ended the connection (reason ${reasonCode})`));
    current.once('close', () => {
      isUp = false;
      outbox.giveBack();
      current.removeAllListeners('connect');
      current.end(true);
      openLater(why);
    });

    /** A broker that lets in and then takes nothing is not back: waits go on growing. */
    function taken(): void {
      hasTaken = true;
      failures = 0;
      onUp();
    }

    function sendWhatMay(): void {
      if (!isUp || client !== current) return;
      for (let message = outbox.next(); message; message = outbox.next()) publish(message);
    }

    function publish(message: Outgoing): void {
      const nowMs = Date.now();
      const isAgain = message.firstSentMs !== undefined;
      message.firstSentMs ??= nowMs;
      message.lastSentMs = nowMs;
      onSent(message, isAgain);
      current.publish(message.topic, message.payload, { qos: 1 }, (error, packet) => {
        const code = reasons.get(packet?.messageId) ?? 0;
        reasons.delete(packet?.messageId);
        // Of a lost connection: the message waits for the next one.
        if (client !== current || !isUp) return;
        if (code === NOBODY) lose('the broker has no stream for vital signs');
        else if (code >= FIRST_ERROR_CODE) lose(`the broker refused a message (reason ${code})`);
        else if (error) lose(reason(error));
        else {
          if (!hasTaken) taken();
          if (outbox.settle(message)) onAcknowledged(message);
          sendWhatMay();
        }
      });
    }
    pump = sendWhatMay;
  }

  let pump: () => void = () => undefined;
  open();
  const look = setInterval(() => {
    const sentMs = outbox.oldestInFlight?.lastSentMs;
    if (sentMs === undefined || Date.now() - sentMs < ACKNOWLEDGEMENT_TIMEOUT_MS) return;
    why = `no acknowledgement for ${ACKNOWLEDGEMENT_TIMEOUT_MS / 1_000} s`;
    client?.stream.destroy();
  }, LOOK_EVERY_MS);

  return {
    outbox,
    get isUp() {
      return isUp;
    },
    send(message) {
      outbox.push(message);
      pump();
    },
    async close() {
      closed = true;
      clearTimeout(again);
      clearInterval(look);
      if (!client) return;
      // With messages under way MQTT.js would wait for their acknowledgements for ever.
      const ended = client.endAsync(!isUp || outbox.inFlight > 0);
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(() => late.resolve(), CLOSE_WAIT_MS);
      await Promise.race([ended, late.promise]);
      clearTimeout(timer);
      client.stream.destroy();
    },
  };
}
