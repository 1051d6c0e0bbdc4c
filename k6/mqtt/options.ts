import type { IPublishPacket } from 'mqtt-packet';
import type { Metadata, Tags } from '../lib/producer-metrics.ts';
import type { ProtocolVersion } from './mqtt-packet.gen.js';

export interface ConnectOptions {
  /** MQTT over WebSocket, as ws://127.0.0.1:15675/ws. */
  readonly url: string;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** 4 is MQTT 3.1.1; 5 by default. */
  readonly protocolVersion?: ProtocolVersion;
  /** Seconds; 0 for none. */
  readonly keepalive?: number;
  readonly connectTimeoutMs?: number;
  /** Starts without what an earlier session left; true by default. */
  readonly clean?: boolean;
  /** Seconds that the broker keeps the session after the connection (MQTT 5). */
  readonly sessionExpiry?: number;
  /** How long a QoS 1 message or a subscription waits for its acknowledgement. */
  readonly ackTimeoutMs?: number;
  /** QoS 1 messages under way at once, or fewer where the broker's receive maximum says so; more wait in line. */
  readonly maxInFlight?: number;
  /** What the broker publishes when this connection is lost. */
  readonly will?: Will;
  /** Messages of no subscription made on this connection: those of a session that was kept. */
  readonly onMessage?: (message: ReceivedMessage) => void;
}

interface Will {
  readonly topic: string;
  readonly payload: string;
  readonly qos?: 0 | 1;
  readonly retain?: boolean;
}

export interface PublishOptions {
  readonly qos?: 0 | 1;
  readonly retain?: boolean;
  /** MQTT 5. */
  readonly properties?: IPublishPacket['properties'];
  /** Of every sample that this message makes. */
  readonly tags?: Tags;
  /** The metadata of every sample that this message makes, {} for none; without it, no sample is made. */
  readonly identity?: Metadata;
  /** QoS 1, MQTT 5: an acknowledgement that says nobody keeps the message ("no matching subscribers") is none. */
  readonly mustBeKept?: boolean;
  /** Called when the message is on its way: with QoS 1 and many under way, that may be later. */
  readonly onSent?: () => void;
}

export interface ReceivedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The payload as UTF-8 text. */
  readonly text: () => string;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly properties?: IPublishPacket['properties'];
}

/** A reading of the MQTT text: a broker that has not answered for so long is gone (the default of MQTT.js for CONNECT). */
export const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;
/** RabbitMQ's own default is 60 s; half of it finds a dead link before the broker gives the client up. */
export const DEFAULT_KEEPALIVE_S = 30;
export const DEFAULT_ACK_TIMEOUT_MS = 10_000;
/** RabbitMQ asks for no less (mqtt.prefetch is 10, receive-maximum 65,535); it bounds this VU's memory. */
export const DEFAULT_MAX_IN_FLIGHT = 1_000;
