/** A message as its producer sent it. A producer may send one message several times under its id: it stays one message. */
export interface SentMessage {
  readonly id: string;
  /** What order is kept within: a patient, an account, a partition key. */
  readonly key: string;
  /** What figures are counted by: a phase of an experiment, a tenant. */
  readonly group: string;
  /** What it said, for whoever reads which messages were lost. */
  readonly text: string;
  readonly atMs: number;
  /** The producer was told that the message was accepted. */
  readonly acknowledged: boolean;
}

/** One delivery. A message delivered twice is two of these. */
export interface DeliveredMessage {
  readonly id: string;
  /** Under which key it was delivered, where the receiver knows. */
  readonly key?: string;
  readonly atMs: number;
}

/** What was sent, in the order of sending, and what was delivered, in the order of delivery. Instants on one clock. */
export interface History {
  readonly sent: readonly SentMessage[];
  readonly delivered: readonly DeliveredMessage[];
}

/**
 * - `at-most-once`: each message is delivered once or not at all.
 * - `at-least-once`: each acknowledged message is delivered once or more often.
 * - `exactly-once`: each acknowledged message is delivered once; one not acknowledged, once or not at all.
 *
 * In each of them nothing is delivered that was not sent, or under another key than it was sent.
 */
export type PromiseKind = 'at-most-once' | 'at-least-once' | 'exactly-once';

export interface DeliveryPromise {
  readonly kind: PromiseKind;
  /** Within a key, messages are delivered for the first time in the order of their first sending. Default: no such promise. */
  readonly ordered?: boolean;
}
