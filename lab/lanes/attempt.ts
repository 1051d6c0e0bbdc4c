/** One attempt at an event, as its stage lists it when it has ended. Instants in milliseconds since 1970, all but `acceptedAtMs` of one clock. */
export interface Attempt {
  readonly eventId: string;
  /** Whose events are worked on one at a time: a patient. */
  readonly key: string;
  /** `processed`, or `dead` (given up on): the event has ended; `lost`: the attempt's worker was gone; any other comes again. */
  readonly outcome: string;
  /** Where in the stream the event was worked on from: a partition, and a place in it. Undefined: from outside of it. */
  readonly place: { readonly partition: string; readonly offset: bigint } | undefined;
  /** When the event was accepted. */
  readonly acceptedAtMs: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

const ENDS: ReadonlySet<string> = new Set(['processed', 'dead']);

/** Whether nothing more is to come of its event, from this record. */
export const hasEnded = ({ outcome }: Pick<Attempt, 'outcome'>) => ENDS.has(outcome);
