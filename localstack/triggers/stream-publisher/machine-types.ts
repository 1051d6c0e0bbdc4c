import type { PublishErrorCode } from './publish-error.ts';

export interface MachineOptions {
  /** Messages and bytes accepted and not yet confirmed, failed ones included while the broker may still answer for them. */
  readonly inFlightMax: number;
  readonly inFlightBytesMax: number;
  /** Something waits for a confirmation, and none has come for so long: the connection is given up on. */
  readonly stalledMs: number;
  /** This process's mark in its publishing ids, 1 to {@link TAG_MAX}: a sequence with another one is another publisher's. */
  readonly tag: number;
}

export type FailureCode = Exclude<PublishErrorCode, 'invalid_argument' | 'no_partition'>;

/** `M` is a message; `length` its bytes. */
export type Input<M> =
  /** To be answered by `stored` or `failed`, once, at `deadlineMs` at the latest. */
  | { readonly type: 'publish'; readonly batch: number; readonly messages: readonly M[]; readonly deadlineMs: number }
  /** `sequence`: the highest id that the broker has stored under the name; undefined without a name. */
  | { readonly type: 'connected'; readonly messageBytesMax: number; readonly sequence: bigint | undefined }
  | { readonly type: 'disconnected' }
  | { readonly type: 'confirmed'; readonly id: bigint }
  | { readonly type: 'refused'; readonly id: bigint }
  /** The stored sequence, asked for again. */
  | { readonly type: 'sequence'; readonly sequence: bigint }
  | { readonly type: 'cancel'; readonly batch: number }
  | { readonly type: 'tick' }
  /** Takes no more; `drained` follows when no publish waits. */
  | { readonly type: 'close' }
  /** What still waits fails. */
  | { readonly type: 'abandon' };

export type Output<M> =
  | { readonly type: 'send'; readonly messages: readonly { readonly id: bigint; readonly message: M }[] }
  /** The broker has confirmed every message of it. */
  | { readonly type: 'stored'; readonly batch: number }
  | { readonly type: 'failed'; readonly batch: number; readonly code: FailureCode; readonly mayBeStored: boolean }
  /** This connection does not confirm: end it, and make another. */
  | { readonly type: 'reconnect' }
  | { readonly type: 'nameConflict'; readonly sequence: bigint }
  | { readonly type: 'drained' };

export interface Machine<M> {
  step(input: Input<M>, nowMs: number): readonly Output<M>[];
  /** When `tick` is needed, at the latest; undefined: not before another input. */
  nextTickMs(): number | undefined;
  counts(): { readonly inFlight: number; readonly inFlightBytes: number; readonly waiting: number };
}
