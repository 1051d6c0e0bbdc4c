import { PermanentError, TransientError } from '../errors.ts';
import type { MedicalEvent } from './event-message.ts';
import type { EventProcessor } from './processor.ts';

const CLIENT_ERROR = 400;
const SERVER_ERROR = 500;
/** RFC 9110 and 6585: the same request may succeed later. */
const LATER: readonly number[] = [408, 425, 429];

/**
 * Hands each event to another system: POST of its JSON, its id as the Idempotency-Key. 2xx is done, whatever its body says; 4xx is
 * for good; all else may be tried again. A redirect is not followed: as a GET it would lose the event, and elsewhere it was not meant.
 */
export function httpProcessor(url: string): EventProcessor {
  return {
    async process(event: MedicalEvent, { signal }) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `"${event.eventId}"` },
        body: JSON.stringify(event),
        redirect: 'manual',
        signal,
      }).catch((error: unknown) => {
        throw new TransientError('downstream_unavailable', 'The downstream system could not be reached.', {
          cause: error,
        });
      });
      // Unread, however long it is; that it breaks off says nothing about the status.
      await answer.body?.cancel().catch(() => undefined);
      const { status } = answer;
      if (answer.ok) return { message: `answered ${status}` };
      const isRefusal = status >= CLIENT_ERROR && status < SERVER_ERROR && !LATER.includes(status);
      if (isRefusal) throw new PermanentError('downstream_refused', `The downstream system answered ${status}.`);
      throw new TransientError('downstream_failed', `The downstream system answered ${status}.`);
    },
  };
}
