import { PermanentError } from '../../shared/errors.ts';

/** Lambda and Kubernetes have functions of up to 15 minutes; a container is given 30 s to end unless it asks for more. */
const LONGEST_S = 900;
const MS_PER_S = 1_000;

/** As the stack's own drain deadline: above every function's time-out here. */
export const DRAIN_DEFAULT_S = 10;
export const DRAIN_DEFAULT_MS = DRAIN_DEFAULT_S * MS_PER_S;
/** What event sources may take past their drain deadline to close their connections. */
export const CLOSE_GRACE_MS = 3_000;
/** What a replica may take past both to end its process, before it is ended. */
export const END_GRACE_MS = 2_000;
/** A replica whose parent has died is ended for good after 10 s (services/guard.sh): its drain must be over by then. */
export const ORPHAN_DRAIN_MS = 7_000;

/**
 * An option in whole seconds, as milliseconds.
 * @throws PermanentError `usage`
 */
export function wholeSeconds(option: string, text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= LONGEST_S) return seconds * MS_PER_S;
  throw new PermanentError('usage', `${option} ${text}: give a whole number of seconds from 1 to ${LONGEST_S}`);
}
