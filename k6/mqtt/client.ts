// MQTT 3.1.1 and 5 for stock k6: over its WebSocket, QoS 0 and 1. Everything runs in the VU's own event loop; an open client
// keeps its iteration from ending.
import type { IConnackPacket, IPublishPacket, Packet } from 'mqtt-packet';
import { recordAcked, recordFailed, recordSent } from '../lib/producer-metrics.ts';
import { nowMs } from './clock.ts';
import { MqttConnection } from './connection.ts';
import { InFlight, MqttError } from './in-flight.ts';
import { textOf } from './mqtt-packet.gen.js';
import {
  type ConnectOptions,
  DEFAULT_ACK_TIMEOUT_MS,
  DEFAULT_MAX_IN_FLIGHT,
  type PublishOptions,
  type ReceivedMessage,
} from './options.ts';
import { checkAccepted, checkKept, publishPacket, subscribePacket } from './packets.ts';
import { matches } from './topic-filter.ts';

/** How exact time-outs of acknowledgements are. */
const TICK_MS = 250;

/**
 * Connects and resolves at the CONNACK.
 * @throws MqttError `connect_timeout`, `connection_lost` (with what the socket said), `protocol_error`, `refused` with the
 *   broker's reason code
 */
export async function connect(options: ConnectOptions): Promise<MqttClient> {
  const client = new MqttClient(options);
  await client.connected;
  return client;
}

export class MqttClient {
  /** Called once when the connection ends; with an error unless `end` was called. */
  onClose: (error?: MqttError) => void = () => undefined;
  /** Settles when the broker has accepted the connection, or not. */
  readonly connected: Promise<void>;
  /** Whether the broker has kept a session of this client id. */
  sessionPresent = false;

  private readonly options: ConnectOptions;
  private readonly connection: MqttConnection;
  private readonly subscriptions = new Map<string, (message: ReceivedMessage) => void>();
  private inFlight: InFlight<Packet>;
  private ticking: ReturnType<typeof setInterval> | undefined;
  private whenConnected: (error?: MqttError) => void = () => undefined;

  constructor(options: ConnectOptions) {
    this.options = options;
    this.inFlight = this.newInFlight(Number.POSITIVE_INFINITY);
    this.connected = new Promise((resolve, reject) => {
      this.whenConnected = (error) => (error ? reject(error) : resolve());
    });
    this.connection = new MqttConnection(options, {
      onUp: (connack) => this.onUp(connack),
      onPacket: (packet) => this.onPacket(packet),
      onDown: (error) => this.onDown(error),
    });
  }

  /** Whether a message can be sent now. */
  get open(): boolean {
    return this.connection.open;
  }

  /**
   * QoS 0 resolves when the socket has taken it, QoS 1 at its PUBACK. Nothing is sent again on another connection.
   * @throws MqttError `not_connected`, `connection_lost`, `ended`, `ack_timeout`, `not_sent` (too many under way), `refused`
   *   (with the reason code), `not_kept`, `invalid_message`
   */
  async publish(topic: string, payload: string | Uint8Array, options: PublishOptions = {}): Promise<void> {
    const startedMs = nowMs();
    const { identity, tags = {}, onSent } = options;
    try {
      if (!this.open) throw new MqttError('not_connected', 'there is no connection');
      if (options.qos === 1) {
        const send = (messageId: number) => {
          this.connection.send(publishPacket(topic, payload, options, messageId));
          if (identity) recordSent(identity, tags);
          onSent?.();
        };
        const answer = await this.inFlight.start(send, startedMs);
        checkAccepted(answer, 'puback', topic);
        if (options.mustBeKept) checkKept(answer, topic);
        if (identity) recordAcked(identity, tags, nowMs() - startedMs);
      } else {
        this.connection.send(publishPacket(topic, payload, options));
        if (identity) recordSent(identity, tags, nowMs() - startedMs);
        onSent?.();
      }
    } catch (error) {
      if (identity) recordFailed(identity, tags, error instanceof MqttError ? error.code : 'error');
      throw error;
    }
  }

  /**
   * Hands on every message that matches the filter, and acknowledges those of QoS 1.
   * @throws MqttError as publish does; `refused` when the broker does not grant it
   */
  async subscribe(filter: string, qos: 0 | 1, onMessage: (message: ReceivedMessage) => void): Promise<void> {
    if (!this.open) throw new MqttError('not_connected', 'there is no connection');
    // Before the SUBACK: a retained message may come first.
    this.subscriptions.set(filter, onMessage);
    const send = (messageId: number) => this.connection.send(subscribePacket(filter, qos, messageId));
    try {
      checkAccepted(await this.inFlight.start(send, nowMs()), 'suback', filter);
    } catch (error) {
      this.subscriptions.delete(filter);
      throw error;
    }
  }

  /** Says goodbye and closes. Resolves when the connection is gone; what is not acknowledged by then is rejected (`ended`). */
  async end(): Promise<void> {
    await this.connection.end();
  }

  private onUp({ properties, sessionPresent }: IConnackPacket): void {
    this.sessionPresent = sessionPresent;
    this.inFlight = this.newInFlight(properties?.receiveMaximum ?? Number.POSITIVE_INFINITY);
    this.ticking = setInterval(() => this.inFlight.expire(nowMs()), TICK_MS);
    this.whenConnected();
  }

  private onPacket(packet: Packet): void {
    if (packet.cmd === 'puback' || packet.cmd === 'suback') this.inFlight.settle(packet.messageId ?? 0, packet);
    else if (packet.cmd === 'publish' && packet.qos !== 2) this.onMessage(packet);
    else this.connection.fail(new MqttError('protocol_error', `the broker sent an unexpected ${nameOf(packet)}`));
  }

  private onMessage(packet: IPublishPacket): void {
    const { topic, qos, retain, dup, properties } = packet;
    const payload = packet.payload as Buffer;
    const message = { topic, payload, text: () => textOf(payload), qos, retain, dup };
    const handlers = [...this.subscriptions].filter(([filter]) => matches(filter, topic)).map(([, handle]) => handle);
    if (handlers.length === 0 && this.options.onMessage) handlers.push(this.options.onMessage);
    for (const handle of handlers) handle(properties === undefined ? message : { ...message, properties });
    // The connection may be over: a handler has ended it.
    if (qos === 1 && packet.messageId !== undefined && this.open)
      this.connection.send({ cmd: 'puback', messageId: packet.messageId, reasonCode: 0 });
  }

  private onDown(error: MqttError | undefined): void {
    clearInterval(this.ticking ?? 0);
    const reason = error ?? new MqttError('ended', 'the connection was ended from this side');
    this.inFlight.failAll(reason);
    this.whenConnected(reason);
    this.onClose(error);
  }

  private newInFlight(receiveMaximum: number): InFlight<Packet> {
    const { maxInFlight = DEFAULT_MAX_IN_FLIGHT, ackTimeoutMs = DEFAULT_ACK_TIMEOUT_MS } = this.options;
    return new InFlight(Math.min(maxInFlight, receiveMaximum), ackTimeoutMs);
  }
}

const nameOf = (packet: Packet) => (packet.cmd === 'publish' ? 'publish of QoS 2' : packet.cmd);
