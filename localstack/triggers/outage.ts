import type { Clock } from './clock.ts';
import type { TriggerLogger } from './event-source.ts';
import { failureOf } from './failure.ts';

/** Follows whether what a source depends on answers; one warning at the start of an outage, one info at its end. */
export interface Outage {
  /** `part` (reading, writing, listening…) failed; the outage lasts until each part that failed has worked again. */
  failed(part: string, error: unknown): void;
  worked(part: string): void;
  /** The first failure of the outage that lasts, if one does. */
  current(): string | undefined;
}

/** @param onRecovered called with the length of an outage when it is over. */
export function trackOutage(
  logger: TriggerLogger,
  clock: Clock,
  fields: Record<string, unknown>,
  onRecovered: (afterMs: number) => void,
): Outage {
  const failing = new Set<string>();
  let sinceMs = 0;
  let first: string | undefined;
  return {
    failed(part, error) {
      const { code, message } = failureOf(error);
      const detail = { ...fields, part, errorCode: code, errorMessage: message };
      if (failing.size === 0) {
        sinceMs = clock.nowMs();
        first = `${part}: ${message}`;
        logger.warn('event source does not reach what it reads from; retrying', detail);
      } else {
        logger.debug('event source still does not reach what it reads from', detail);
      }
      failing.add(part);
    },
    worked(part) {
      if (!failing.delete(part) || failing.size > 0) return;
      const afterMs = Math.round(clock.nowMs() - sinceMs);
      first = undefined;
      logger.info('event source reaches what it reads from again', { ...fields, afterMs });
      onRecovered(afterMs);
    },
    current: () => first,
  };
}
