import type { StreamClient } from '../stream-client/client.ts';
import { queryOffset, storeOffset } from '../stream-client/offsets.ts';

/** What a worker has when it becomes the active consumer of a partition. */
export interface Ownership {
  /** Where reading goes on; undefined: nothing was stored yet. */
  readonly position: bigint | undefined;
  /** With a store that fences: the number that a later owner's is above. */
  readonly epoch: bigint | undefined;
}

/** Of a worker that is not the active consumer. */
export const NOBODY: Ownership = { position: undefined, epoch: undefined };

/** `code` of the error of a {@link FencedStore}, or of a handler, when the epoch is over. */
export const FENCED_OUT = 'fenced_out';

/** Where the checkpoints of one function's partitions are. A rejection means: not known to be stored. */
export interface Checkpoints {
  takeOver(partition: string): Promise<Ownership>;
  save(partition: string, ownership: Ownership, position: bigint): Promise<void>;
  /** The handler moves them, with the state that it keeps: the trigger saves where a partition begins, and nothing past it. */
  readonly byHandler: boolean;
  /** What a person does to have it begin anew, in words. */
  removal(partition: string): string;
}

/**
 * Checkpoints outside the broker, handed in by the host: where the effects are, so that a handler can prove in its own
 * transaction that it still owns the partition, and move the checkpoint with its effect.
 */
export interface FencedStore {
  /** Makes the caller the consumer's owner: every epoch before is fenced out. */
  takeOver(consumer: string): Promise<{ readonly epoch: bigint; readonly position: bigint | undefined }>;
  /** Moves the position forward, never back. @throws an error with the code `fenced_out` when the epoch is no longer the owner's */
  moveCheckpoint(consumer: string, epoch: bigint, position: bigint): Promise<void>;
  /** How a person removes a checkpoint: a statement of SQL. */
  readonly removal?: (consumer: string) => string;
}

/** Name of a partition's consumer in a {@link FencedStore}. */
export const consumerOf = (consumerName: string, partition: string) => `${consumerName}/${partition}`;

export function fencedCheckpoints(store: FencedStore, consumerName: string, byHandler: boolean): Checkpoints {
  return {
    byHandler,
    takeOver: (partition) => store.takeOver(consumerOf(consumerName, partition)),
    async save(partition, { epoch }, position) {
      if (epoch === undefined) throw new Error(`${partition} was not taken over`);
      await store.moveCheckpoint(consumerOf(consumerName, partition), epoch, position);
    },
    removal: (partition) => store.removal?.(consumerOf(consumerName, partition)) ?? 'remove the checkpoint',
  };
}

/** Offsets stored in the broker; it does not fence. `client` gives the connection of the moment. */
export function brokerCheckpoints(client: () => StreamClient, consumerName: string): Checkpoints {
  return {
    byHandler: false,
    takeOver: async (stream) => ({
      position: await queryOffset({ client: client(), stream, consumerName }),
      epoch: undefined,
    }),
    async save(stream, _ownership, position) {
      const key = { client: client(), stream, consumerName };
      storeOffset({ ...key, next: position });
      // The protocol has no answer to a store; the broker answers this one after it.
      const stored = await queryOffset(key);
      if (stored === undefined || stored < position) throw new Error(`the broker has not stored ${position}`);
    },
    removal: () => 'give the trigger another consumerName',
  };
}
