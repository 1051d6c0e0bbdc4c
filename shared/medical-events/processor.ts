import type { MedicalEvent } from './event-message.ts';

/** An attempt at an event. */
export interface Attempt {
  /** From 1. */
  number: number;
  /** Aborted when the attempt's time is over, or this process stops; what comes after that is not stored. */
  signal: AbortSignal;
}

/**
 * The work that an event stands for. It may run again for the same event, after a crash or a failure: what it does outside this
 * database it has to make idempotent by the event's id.
 */
export interface EventProcessor {
  /**
   * @returns words for the event's result
   * @throws PermanentError: the event is given up on at once; anything else: another attempt, later
   */
  process(event: MedicalEvent, attempt: Attempt): Promise<{ message: string }>;
}
