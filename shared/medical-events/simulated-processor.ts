import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError, TransientError } from '../errors.ts';
import type { MedicalEvent } from './event-message.ts';
import type { EventProcessor } from './processor.ts';

const UINT32 = 2 ** 32;

/** From 0 to below 1, the same for the same event. */
function chanceOf(eventId: string): number {
  return createHash('sha256').update(eventId).digest().readUInt32BE() / UINT32;
}

/** How an event asks this processor to fail, in its data: `{"simulate": "transient"}`. */
type Simulated = 'transient' | 'outage' | 'permanent' | 'hang';

/**
 * Stands for the slow systems behind a hospital's integrations: takes a time between two bounds, the same for an event each time. An
 * event's data may ask it to fail: `transient` at its first attempt, `outage` at every one, `permanent` for good, `hang` never ends.
 */
export function simulatedProcessor({ minMs, maxMs }: { minMs: number; maxMs: number }): EventProcessor {
  return {
    async process({ eventId, data }: MedicalEvent, { number, signal }) {
      const wanted = data['simulate'] as Simulated | undefined;
      const durationMs = Math.round(minMs + (maxMs - minMs) * chanceOf(eventId));
      if (wanted === 'hang') await new Promise(() => undefined);
      if (durationMs > 0) await sleep(durationMs, undefined, { signal });
      if (wanted === 'outage' || (wanted === 'transient' && number === 1))
        throw new TransientError('simulated_failure', 'This attempt was asked to fail.');
      if (wanted === 'permanent')
        throw new PermanentError('simulated_refusal', 'This event was asked to fail for good.');
      return { message: `processed in ${durationMs} ms` };
    },
  };
}
