// One MQTT connection over k6's WebSocket: opening, keeping alive and closing it. What the packets mean is the client's business.
import { WebSocket } from 'k6/websockets';
import type { IConnackPacket, Packet } from 'mqtt-packet';
import { MqttError } from './in-flight.ts';
import { encodePacket, type ProtocolVersion, packetReader } from './mqtt-packet.gen.js';
import { type ConnectOptions, DEFAULT_CONNECT_TIMEOUT_MS, DEFAULT_KEEPALIVE_S } from './options.ts';
import { connectPacket, reasonOf } from './packets.ts';

/** For the other side to close, too; a peer that is gone does not. */
const CLOSE_TIMEOUT_MS = 500;
/** WebSocket.readyState. */
const CONNECTING = 0;

export interface ConnectionEvents {
  /** The broker has accepted it. */
  readonly onUp: (connack: IConnackPacket) => void;
  readonly onPacket: (packet: Packet) => void;
  /** Once, when it is over; with an error unless `end` was called. */
  readonly onDown: (error: MqttError | undefined) => void;
}

export class MqttConnection {
  private readonly options: ConnectOptions;
  private readonly events: ConnectionEvents;
  private readonly version: ProtocolVersion;
  private readonly socket: WebSocket;
  private readonly timers: ReturnType<typeof setInterval>[] = [];
  private state: 'connecting' | 'open' | 'ending' | 'closed' = 'connecting';
  private unansweredPings = 0;
  private whenClosed: () => void = () => undefined;
  private readonly closed = new Promise<void>((resolve) => {
    this.whenClosed = resolve;
  });

  /** @throws what k6 says of a URL that is none */
  constructor(options: ConnectOptions, events: ConnectionEvents) {
    this.options = options;
    this.events = events;
    this.version = options.protocolVersion ?? 5;
    this.socket = new WebSocket(options.url, null, { headers: { 'Sec-WebSocket-Protocol': 'mqtt' } });
    this.listen();
    const timeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    const tooLate = `${options.url} did not accept a connection within ${timeoutMs} ms`;
    this.timers.push(setTimeout(() => this.fail(new MqttError('connect_timeout', tooLate)), timeoutMs));
  }

  get open(): boolean {
    return this.state === 'open';
  }

  /** @throws MqttError `invalid_message` for what cannot be written as MQTT */
  send(packet: Packet): void {
    this.socket.send(this.encoded(packet));
  }

  /** Ends it from this side because of an error. */
  fail(error: MqttError): void {
    if (this.state === 'closed') return;
    this.onClosed(error);
    this.closeSocket();
  }

  /** Says goodbye and closes. Resolves when it is gone. */
  async end(): Promise<void> {
    if (this.state === 'closed') return;
    if (this.state === 'open') this.send({ cmd: 'disconnect', reasonCode: 0 });
    this.state = 'ending';
    this.stopTimers();
    this.closeSocket();
    const givingUp = setTimeout(() => this.onClosed(), CLOSE_TIMEOUT_MS);
    await this.closed;
    clearTimeout(givingUp);
  }

  private encoded(packet: Packet): ArrayBuffer {
    try {
      return encodePacket(packet, this.version);
    } catch (error) {
      throw new MqttError('invalid_message', error instanceof Error ? error.message : String(error));
    }
  }

  private listen(): void {
    const { socket } = this;
    const read = packetReader(
      this.version,
      (packet) => this.onPacket(packet),
      (fault) => this.fail(new MqttError('protocol_error', `the broker sent no MQTT: ${fault.message}`)),
    );
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      if (this.state === 'connecting') this.send(connectPacket(this.options));
      else socket.close();
    };
    socket.onmessage = (event) => {
      if (event?.data instanceof ArrayBuffer) read(event.data);
      else this.fail(new MqttError('protocol_error', 'the broker sent text, MQTT is binary'));
    };
    socket.onerror = (event) => this.onClosed(new MqttError('connection_lost', event?.error ?? 'socket error'));
    socket.onclose = () => this.onClosed(new MqttError('connection_lost', 'the connection was closed'));
  }

  private onPacket(packet: Packet): void {
    // A frame may carry more behind the packet that has ended the connection.
    if (this.state === 'closed' || this.state === 'ending') return;
    if (packet.cmd === 'pingresp') this.unansweredPings = 0;
    else if (packet.cmd === 'disconnect') this.fail(new MqttError('connection_lost', disconnected(packet.reasonCode)));
    else if (this.state === 'open' && packet.cmd !== 'connack') this.events.onPacket(packet);
    else if (this.state === 'connecting' && packet.cmd === 'connack') this.onConnack(packet);
    else this.fail(new MqttError('protocol_error', `the broker sent an unexpected ${packet.cmd}`));
  }

  private onConnack(packet: IConnackPacket): void {
    const code = packet.reasonCode ?? packet.returnCode ?? 0;
    if (code !== 0) {
      this.fail(new MqttError('refused', `the broker refuses the connection: ${reasonOf(code)}`));
      return;
    }
    this.stopTimers();
    this.state = 'open';
    const keepaliveS = packet.properties?.serverKeepAlive ?? this.options.keepalive ?? DEFAULT_KEEPALIVE_S;
    // Twice in each interval, so that one late ping does not cost the connection.
    if (keepaliveS > 0) this.timers.push(setInterval(() => this.ping(keepaliveS), (keepaliveS * 1000) / 2));
    this.events.onUp(packet);
  }

  private ping(keepaliveS: number): void {
    if (this.unansweredPings >= 2) {
      this.fail(new MqttError('connection_lost', `no answer to a ping within ${keepaliveS} s`));
      return;
    }
    this.unansweredPings++;
    this.send({ cmd: 'pingreq' });
  }

  private closeSocket(): void {
    // k6 would wait in close() until the socket is connected, with all else in this VU; onopen closes it.
    if (this.socket.readyState !== CONNECTING) this.socket.close();
  }

  private onClosed(error?: MqttError): void {
    if (this.state === 'closed') return;
    const asked = this.state === 'ending';
    this.state = 'closed';
    this.stopTimers();
    this.whenClosed();
    this.events.onDown(asked ? undefined : (error ?? new MqttError('connection_lost', 'the connection was closed')));
  }

  private stopTimers(): void {
    for (const timer of this.timers.splice(0)) clearTimeout(timer);
  }
}

const disconnected = (code = 0) => `the broker ended the connection: ${reasonOf(code)}`;
