// MQTT 3.1.1 and 5 for stock k6: over its WebSocket, QoS 0 and 1. Everything runs in the VU's own event loop; an open client
// keeps its iteration from ending.
import exec from 'k6/execution';
import { WebSocket } from 'k6/websockets';
import type { IConnackPacket, IPublishPacket, Packet } from 'mqtt-packet';
import { recordAcked, recordFailed, recordSent } from '../lib/producer-metrics.ts';
import { InFlight, MqttError } from './in-flight.ts';
import { encodePacket, type ProtocolVersion, packetReader, textOf } from './mqtt-packet.gen.js';
import {
  type ConnectOptions,
  DEFAULT_ACK_TIMEOUT_MS,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_KEEPALIVE_S,
  DEFAULT_MAX_IN_FLIGHT,
  type PublishOptions,
  type ReceivedMessage,
} from './options.ts';
import { checkAccepted, connectPacket, publishPacket, reasonOf, subscribePacket } from './packets.ts';
import { matches } from './topic-filter.ts';

/** How exact time-outs are. */
const TICK_MS = 250;
/** For the other side to close, too; a peer that is gone does not. */
const CLOSE_TIMEOUT_MS = 500;

/** Kept: asking k6 for it takes 17 µs, reading the clock 2 µs. */
let instance: typeof exec.instance | undefined;

/** Milliseconds on k6's monotonic clock, with their fraction; Date.now() has whole ones. */
function nowMs(): number {
  instance ??= exec.instance;
  return instance.currentTestRunDuration;
}

/**
 * Connects and resolves at the CONNACK.
 * @throws MqttError `connect_timeout`, `connection_lost` (with what the socket said), `refused` with the broker's reason code
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

  private readonly options: ConnectOptions;
  private readonly version: ProtocolVersion;
  private readonly socket: WebSocket;
  private readonly timers: ReturnType<typeof setInterval>[] = [];
  private readonly subscriptions = new Map<string, (message: ReceivedMessage) => void>();
  private inFlight: InFlight<Packet>;
  private state: 'connecting' | 'open' | 'ending' | 'closed' = 'connecting';
  private awaitingPingSinceMs: number | undefined;
  private whenConnected: (error?: MqttError) => void = () => undefined;
  private whenClosed: () => void = () => undefined;
  private readonly closed = new Promise<void>((resolve) => {
    this.whenClosed = resolve;
  });

  constructor(options: ConnectOptions) {
    this.options = options;
    this.version = options.protocolVersion ?? 5;
    this.inFlight = this.newInFlight(Number.POSITIVE_INFINITY);
    this.connected = new Promise((resolve, reject) => {
      this.whenConnected = (error) => (error ? reject(error) : resolve());
    });
    const timeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    this.timers.push(setTimeout(() => this.onConnectTimeout(timeoutMs), timeoutMs));
    this.socket = new WebSocket(options.url, null, { headers: { 'Sec-WebSocket-Protocol': 'mqtt' } });
    this.listen();
  }

  /** Whether a message can be sent now. */
  get open(): boolean {
    return this.state === 'open';
  }

  /**
   * QoS 0 resolves when the socket has taken it, QoS 1 at its PUBACK.
   * @throws MqttError `not_connected`, `connection_lost`, `ack_timeout`, `not_sent` (too many under way), `refused` (by reason code)
   */
  async publish(topic: string, payload: string, options: PublishOptions = {}): Promise<void> {
    const startedMs = nowMs();
    const { identity, tags = {}, onSent } = options;
    try {
      if (this.state !== 'open') throw new MqttError('not_connected', 'there is no connection');
      if (options.qos === 1) {
        const send = (messageId: number) => {
          this.send(publishPacket(topic, payload, options, messageId));
          if (identity) recordSent(identity, tags);
          onSent?.();
        };
        checkAccepted(await this.inFlight.start(send, startedMs), topic);
        if (identity) recordAcked(identity, tags, nowMs() - startedMs);
      } else {
        this.send(publishPacket(topic, payload, options));
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
    if (this.state !== 'open') throw new MqttError('not_connected', 'there is no connection');
    this.subscriptions.set(filter, onMessage);
    const send = (messageId: number) => this.send(subscribePacket(filter, qos, messageId));
    checkAccepted(await this.inFlight.start(send, nowMs()), filter);
  }

  /** Says goodbye and closes. Resolves when the connection is gone; what is not acknowledged by then is rejected. */
  async end(): Promise<void> {
    if (this.state === 'closed') return;
    if (this.state === 'open') this.send({ cmd: 'disconnect', reasonCode: 0 });
    this.state = 'ending';
    this.stopTimers();
    this.socket.close();
    const givingUp = setTimeout(() => this.onClosed(), CLOSE_TIMEOUT_MS);
    await this.closed;
    clearTimeout(givingUp);
  }

  private listen(): void {
    const read = packetReader(
      this.version,
      (packet) => this.onPacket(packet),
      (fault) => this.fail(new MqttError('connection_lost', `the broker sent no MQTT: ${fault.message}`)),
    );
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => this.send(connectPacket(this.options));
    this.socket.onmessage = (event) => {
      if (event?.data instanceof ArrayBuffer) read(event.data);
      else this.fail(new MqttError('connection_lost', 'the broker sent text, MQTT is binary'));
    };
    this.socket.onerror = (event) => this.fail(new MqttError('connection_lost', event?.error ?? 'socket error'));
    this.socket.onclose = () => this.onClosed(new MqttError('connection_lost', 'the connection was closed'));
  }

  private send(packet: Packet): void {
    this.socket.send(encodePacket(packet, this.version));
  }

  private onPacket(packet: Packet): void {
    if (packet.cmd === 'connack') this.onConnack(packet);
    else if (packet.cmd === 'puback' || packet.cmd === 'suback') this.inFlight.settle(packet.messageId ?? 0, packet);
    else if (packet.cmd === 'publish') this.onMessage(packet);
    else if (packet.cmd === 'pingresp') this.awaitingPingSinceMs = undefined;
    else this.fail(new MqttError('connection_lost', unexpected(packet)));
  }

  private onConnack(packet: IConnackPacket): void {
    if (this.state !== 'connecting') return;
    const code = packet.reasonCode ?? packet.returnCode ?? 0;
    if (code !== 0) {
      this.fail(new MqttError('refused', `the broker refuses the connection: ${reasonOf(code)}`));
      return;
    }
    const { receiveMaximum, serverKeepAlive } = packet.properties ?? {};
    this.inFlight = this.newInFlight(receiveMaximum ?? Number.POSITIVE_INFINITY);
    this.stopTimers();
    this.state = 'open';
    this.timers.push(setInterval(() => this.inFlight.expire(nowMs()), TICK_MS));
    const keepaliveMs = (serverKeepAlive ?? this.options.keepalive ?? DEFAULT_KEEPALIVE_S) * 1000;
    // Twice in each interval, so that one late ping does not cost the connection.
    if (keepaliveMs > 0) this.timers.push(setInterval(() => this.ping(keepaliveMs), keepaliveMs / 2));
    this.whenConnected();
  }

  private onMessage(packet: IPublishPacket): void {
    const { topic, qos, retain, dup, properties } = packet;
    const payload = packet.payload as Buffer;
    const message = { topic, payload, text: () => textOf(payload), qos, retain, dup };
    for (const [filter, onMessage] of this.subscriptions)
      if (matches(filter, topic)) onMessage(properties === undefined ? message : { ...message, properties });
    if (qos === 1 && packet.messageId !== undefined)
      this.send({ cmd: 'puback', messageId: packet.messageId, reasonCode: 0 });
  }

  private ping(keepaliveMs: number): void {
    const sinceMs = this.awaitingPingSinceMs;
    if (sinceMs === undefined) {
      this.awaitingPingSinceMs = nowMs();
      this.send({ cmd: 'pingreq' });
    } else if (nowMs() - sinceMs >= keepaliveMs) {
      this.fail(new MqttError('connection_lost', `no answer to a ping within ${keepaliveMs} ms`));
    }
  }

  private onConnectTimeout(timeoutMs: number): void {
    this.fail(
      new MqttError('connect_timeout', `${this.options.url} did not accept a connection within ${timeoutMs} ms`),
    );
  }

  /** Ends the connection from this side because of an error. */
  private fail(error: MqttError): void {
    if (this.state === 'closed') return;
    const expected = this.state === 'ending';
    this.onClosed(expected ? undefined : error);
    this.socket.close();
  }

  private onClosed(error?: MqttError): void {
    if (this.state === 'closed') return;
    const { state } = this;
    this.state = 'closed';
    this.stopTimers();
    const reason = error ?? new MqttError('connection_lost', 'the connection was closed');
    this.inFlight.failAll(reason);
    this.whenConnected(reason);
    this.whenClosed();
    this.onClose(state === 'ending' ? undefined : reason);
  }

  private newInFlight(receiveMaximum: number): InFlight<Packet> {
    const { maxInFlight = DEFAULT_MAX_IN_FLIGHT, ackTimeoutMs = DEFAULT_ACK_TIMEOUT_MS } = this.options;
    return new InFlight(Math.min(maxInFlight, receiveMaximum), ackTimeoutMs);
  }

  private stopTimers(): void {
    for (const timer of this.timers.splice(0)) clearTimeout(timer);
  }
}

const unexpected = (packet: Packet) =>
  packet.cmd === 'disconnect'
    ? `the broker ended it with ${reasonOf(packet.reasonCode ?? 0)}`
    : `the broker sent an unexpected ${packet.cmd}`;
