/** How one attempt to send a message ended. `failed`: it certainly never left the producer; `unknown`: no answer came. */
export type Outcome = 'acked' | 'failed' | 'unknown';

/** A message about to be sent, on disk before a byte of it leaves. Sent again, it has the same id and content. */
export interface Intent {
  readonly kind: 'intent';
  readonly id: string;
  /** What order is kept within: a patient, an account. */
  readonly key: string;
  /** Within the key 1, 2, 3 …; a number is sent only once the one before it is acknowledged. */
  readonly sequence: number;
  /** A whole number, so that sums are exact. */
  readonly amount: number;
  /** No handler can apply it: it belongs into the dead letters. */
  readonly poison: boolean;
  readonly atMs: number;
}

/** How the latest attempt of this id ended. An attempt without one, at a crash or the log's end, is unknown. */
interface Settlement {
  readonly kind: 'outcome';
  readonly id: string;
  readonly outcome: Outcome;
  readonly atMs: number;
}

export type ProducerEntry = Intent | Settlement;

/** One row of the append-only effect log, written in the effect's own transaction; twice the effect is two rows. */
export interface Effect {
  /** Its place in the order of commits: within a key it has to be that order, between keys it is no matter. */
  readonly commit: number;
  readonly id: string;
  readonly key: string;
  readonly sequence: number;
  readonly amount: number;
  readonly atMs: number;
  /** The process that wrote it, if known. */
  readonly worker?: number;
  /** In whose name it was written, where partitions have owners. */
  readonly owner?: Owner;
}

/** One of the owners that a partition has had, each with a higher epoch than the one before. */
interface Owner {
  readonly consumer: string;
  readonly epoch: number;
}

/** A partition's new owner; `commit` is its place among those of the effects. */
export interface TakeOver extends Owner {
  readonly commit: number;
}

export interface DeadLetter {
  /** Undefined: its content could not be read. */
  readonly id: string | undefined;
}

/** A key's running sum as the effects' transactions kept it. */
export interface KeySum {
  readonly key: string;
  readonly count: number;
  readonly total: number;
}

export interface History {
  /** In the order in which it was written. */
  readonly producerLog: readonly ProducerEntry[];
  readonly effectLog: readonly Effect[];
  readonly deadLetters: readonly DeadLetter[];
  /** The system was given time until nothing more was due. */
  readonly drainedAll: boolean;
  /** Undefined: no sums were kept. */
  readonly sums?: readonly KeySum[] | undefined;
  /** Undefined: partitions have no owners, or nobody wrote down when they changed. */
  readonly takeOvers?: readonly TakeOver[] | undefined;
}
