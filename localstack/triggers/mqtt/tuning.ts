import type { DelayBounds } from '../jitter.ts';
import type { MachineOptions } from './machine-types.ts';
import type { MqttOptions } from './options.ts';

export const MS_PER_S = 1_000;

/** Times of a connection; tests shorten them. */
export interface MqttTuning {
  /** Between the client's signs of life; a peer that is silent for one and a half of it is taken for dead. */
  readonly keepaliveS: number;
  /** From the first packet to the granted subscription. */
  readonly connectTimeoutMs: number;
  /** How long the broker may take to come up beside this process without a warning. */
  readonly startGraceMs: number;
  readonly reconnectDelay: DelayBounds;
  /** After another client has taken the session: two that share a client id must not take it from each other in a loop. */
  readonly takenOverDelay: DelayBounds;
  /** The back-off starts anew only after a connection that lasted this long. */
  readonly stableMs: number;
}

export const DEFAULT_TUNING: MqttTuning = {
  keepaliveS: 10,
  connectTimeoutMs: 5_000,
  // RabbitMQ was measured at 3 s to 8 s.
  startGraceMs: 15_000,
  reconnectDelay: { minimumMs: 100, maximumMs: 5_000 },
  takenOverDelay: { minimumMs: 5_000, maximumMs: 60_000 },
  stableMs: 3_000,
};

/** How long the start waits for the first try; the plugin speaks of sources that are still starting after 3 s. */
export const START_WAIT_MS = 2_000;
/** Without a deadline from the caller: serverless-offline's own default function time-out, twice. */
export const DRAIN_DEADLINE_DEFAULT_MS = 12_000;
/** How long messages are taken in or handlers begun before timers and other sockets get their turn. */
export const TURN_BUDGET_MS = 10;

/** The most QoS 1 messages that the broker may send without an acknowledgement: what can be run or queued. */
export function receiveMaximum(options: MqttOptions): number {
  return options.maximumConcurrency + options.maximumQueueLength;
}

/** The machine's view of a trigger's options: milliseconds, and attempts that count the first. */
export function machineOptions(options: MqttOptions): MachineOptions {
  const { maximumRetryAttempts, retryDelay } = options;
  return {
    maximumConcurrency: options.maximumConcurrency,
    maximumQueueLength: options.maximumQueueLength,
    // A broker of MQTT 5 keeps to the receive maximum; reading stops only for one that does not.
    pauseAt: receiveMaximum(options) + (options.protocolVersion === 5 ? 1 : 0),
    maximumAttempts: maximumRetryAttempts === -1 ? Infinity : maximumRetryAttempts + 1,
    retryDelay: { minimumMs: retryDelay.minimum * MS_PER_S, maximumMs: retryDelay.maximum * MS_PER_S },
    persistent: options.sessionExpiry > 0,
    failureTopic: options.onFailure !== undefined,
  };
}
