import type { Clock } from './clock.ts';
import type { Observe, TriggerEventBody, TriggerLogger } from './event-source.ts';
import { failureOf } from './failure.ts';
import { type Outage, trackOutage } from './outage.ts';

/** What the parts of one event source share. */
export interface SourceContext {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly logger: TriggerLogger;
  /** Goes with every log line. */
  readonly fields: { readonly source: string; readonly function: string };
  readonly emit: (event: TriggerEventBody) => void;
  readonly outage: Outage;
}

/** @param observe may throw: metrics must not stop deliveries, so that is logged and no more. */
export function sourceContext(
  fields: SourceContext['fields'],
  { clock, random, logger, observe }: Pick<SourceContext, 'clock' | 'random' | 'logger'> & { observe: Observe },
): SourceContext {
  const emit = (event: TriggerEventBody) => {
    try {
      observe({ ...event, ...fields });
    } catch (error) {
      logger.error('the observer of trigger events failed', { ...fields, error: failureOf(error) });
    }
  };
  const outage = trackOutage(logger, clock, fields, (afterMs) => emit({ type: 'reconnected', afterMs }));
  return { clock, random, logger, fields, emit, outage };
}
