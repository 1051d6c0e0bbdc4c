import { z } from 'zod';
import type { EventSource } from '../../localstack/triggers/event-source.ts';

/** What an event source is doing. */
export const sourceStatus = z.enum(['starting', 'running', 'reconnecting', 'draining', 'stopped']);

/** An event source of this process, as it is. */
export const consumerReading = z.strictObject({
  function: z.string(),
  trigger: z.string().describe('as serverless.yml places it'),
  status: sourceStatus,
  inFlight: z.number(),
  behind: z.number().describe('messages, of the partitions that this process has').exactOptional(),
  reason: z.string().describe('why it is not connected').exactOptional(),
});
type ConsumerReading = z.infer<typeof consumerReading>;

type Place = Pick<ConsumerReading, 'function' | 'trigger'>;

const consumers = new Map<string, () => ConsumerReading>();

function readingOf(place: Place, source: Pick<EventSource, 'health'>): ConsumerReading {
  const { status, invocationsInFlight, recordsBehind, lastFailure } = source.health();
  return {
    ...place,
    status,
    inFlight: invocationsInFlight,
    ...(recordsBehind === undefined ? {} : { behind: recordsBehind }),
    ...(lastFailure === undefined ? {} : { reason: lastFailure }),
  };
}

/** Shows an event source to whoever asks how this process is. */
export function showConsumer(place: Place, source: Pick<EventSource, 'health'>): void {
  consumers.set(`${place.function} ${place.trigger}`, () => readingOf(place, source));
}

export const consumerReadings = (): ConsumerReading[] => [...consumers.values()].map((read) => read());
