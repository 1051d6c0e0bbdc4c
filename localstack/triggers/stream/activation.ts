import type { Batch, Lane } from './batching.ts';
import { type Checkpoint, checkpointFrom } from './checkpoint.ts';
import { type Destination, failureDestination } from './destination.ts';
import type { MachineOptions, MachineRecord } from './machine-types.ts';

/** What belongs to the time between an activation and a deactivation; nothing of it outlives that. */
export interface Activation<R> {
  readonly checkpoint: Checkpoint;
  readonly destination: Destination<R>;
}

export interface InFlight<R> {
  readonly batch: Batch<R>;
  readonly lane: Lane<R>;
  /** Another one than the present: its outcome moves nothing. */
  readonly activation: Activation<R>;
}

export const newActivation = <R extends MachineRecord>(
  options: MachineOptions,
  fromOffset: bigint,
  env: { readonly nowMs: number; random(): number; nextNumber(): number },
): Activation<R> => ({
  checkpoint: checkpointFrom(fromOffset, options, env.nowMs, env.nextNumber),
  destination: failureDestination(options.retryDelay, env.random, env.nextNumber),
});

/** True when an answer of the broker or the destination is waited for. */
export const isUnanswered = <R>({ checkpoint, destination }: Activation<R>) =>
  checkpoint.isStoring() || !destination.isIdle();
