import type { DeliveryPromise, SentMessage } from './history.ts';
import type { Distribution } from './quantile.ts';

/**
 * Each message counts in the group of its first sending. It always holds: `sent = delivered + lost`, and over all groups
 * `deliveries in the history = delivered + surplus + phantom`.
 */
export interface Counts {
  /** Messages sent: distinct ids. */
  readonly sent: number;
  /** Of those, acknowledged in at least one of their sendings. */
  readonly acknowledged: number;
  /** Messages sent and delivered at least once. */
  readonly delivered: number;
  /** Messages sent and never delivered: the price of at-most-once; in the other promises a breach if acknowledged. */
  readonly lost: number;
  /** Of those, the acknowledged ones. */
  readonly lostAcknowledged: number;
  /** Messages delivered more than once. */
  readonly duplicated: number;
  /** Deliveries beyond the first of each message. */
  readonly surplus: number;
  /** Deliveries of ids that were never sent. Which group they are in says the option `groupAt`; without it only `all` counts them. */
  readonly phantom: number;
  /** Messages first delivered after a message of the same key that was sent later. */
  readonly outOfOrder: number;
  /** Messages delivered under another key than they were sent under, in at least one delivery that names a key. */
  readonly wrongKey: number;
  /** From the first sending to the first delivery; undefined when nothing was delivered. Negative where clocks differ. */
  readonly latencyMs: Distribution | undefined;
}

export type Breach = 'lost' | 'duplicated' | 'phantom' | 'out of order' | 'wrong key';

/** One way in which the promise was broken. */
export interface Violation {
  readonly breach: Breach;
  readonly count: number;
  /** The first ids, in the order of sending (of delivery for phantoms). */
  readonly examples: readonly string[];
  /** In words, with the examples: `2 acknowledged messages were never delivered: a, b`. */
  readonly text: string;
}

/** The lost messages of one key, in the order of sending; each with `acknowledged` as it was in the end. */
export interface LostOfKey {
  readonly key: string;
  readonly lost: readonly SentMessage[];
}

export interface Verdict {
  readonly promise: Required<DeliveryPromise>;
  /** No violation. A history in which nothing was sent breaks nothing, and proves nothing: see `all.sent`. */
  readonly kept: boolean;
  readonly all: Counts;
  /** In the order in which the groups first sent. */
  readonly groups: ReadonlyMap<string, Counts>;
  /** In the order of each key's first lost message. */
  readonly lostByKey: readonly LostOfKey[];
  readonly violations: readonly Violation[];
}

export interface CheckOptions {
  /** Names the group of an instant: in which group a delivery counts that was never sent. */
  readonly groupAt?: (atMs: number) => string | undefined;
}
