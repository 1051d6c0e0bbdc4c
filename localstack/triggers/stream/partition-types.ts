import type { InvokeFunction } from '../event-source.ts';
import type { StreamClient } from '../stream-client/client.ts';
import type { Checkpoints } from './checkpoint-store.ts';
import type { EventRecord } from './event.ts';
import type { Condition, Discard, MachineOptions } from './machine-types.ts';
import type { RabbitmqStreamOptions } from './options.ts';
import type { StreamTuning } from './tuning.ts';

export interface PartitionSetting {
  readonly stream: string;
  readonly consumerName: string;
  readonly options: RabbitmqStreamOptions;
  readonly machine: MachineOptions;
  readonly checkpoints: Checkpoints;
  /** Resolves when the destination has confirmed the records given up on. */
  readonly sendAway: (discard: Discard<EventRecord>) => Promise<void>;
  /** The destination's name, if there is one for these. */
  readonly sentTo: (condition: Condition) => string | undefined;
  readonly invoke: InvokeFunction;
  readonly timeoutMs: number;
  readonly tuning: StreamTuning;
  readonly passes: ((record: unknown) => boolean) | undefined;
  readonly isPassable: ((record: unknown) => boolean) | undefined;
}

/** One partition's event source mapping; it outlives connections. */
export interface PartitionMapping {
  /** @throws StreamClientError when the partition cannot be consumed */
  subscribe(client: StreamClient): Promise<void>;
  /** The connection is gone. */
  lost(): void;
  /** Drains: nothing is in flight then, the checkpoint is stored, and the subscription ended, for another worker to take over. */
  stop(): Promise<void>;
  /** Waits for nothing any more that is in flight; said again, nor for the checkpoint. */
  abandon(): void;
  /** Asks the broker how far the end is, and reports the distance; nothing while another worker is active. */
  measureLag(): Promise<void>;
  /** What was measured last; undefined while another worker is active, or nothing was measured yet. */
  behind(): number | undefined;
  counts(): { readonly active: boolean; readonly inFlight: number; readonly inHand: number };
}
