import { PermanentError, TransientError } from '../errors.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import type { Log } from '../observability/logger.ts';
import type { MedicalEvent } from './event-message.ts';
import { CIRCUIT_OPEN, CUT_SHORT, type GuardedProcessor } from './guarded-processor.ts';
import type { AttemptOutcome, Ended, EventRuns, EventSource } from './run-store.ts';
import type { EventResult } from './stored-event.ts';

export interface EventWork {
  runs: EventRuns;
  processor: GuardedProcessor;
  attemptsMax: number;
  recordMetric: RecordMetric;
}

const GIVEN_UP = 'attempts_exhausted';

interface Circumstances {
  log: Log;
  /** Aborted: the process ends, and the event is to be begun elsewhere. */
  giveBack: AbortSignal | undefined;
}

/** Not the event's failure, nor the processor's: no attempt was made, or it was cut short. */
const RETURNED: readonly string[] = [CIRCUIT_OPEN, CUT_SHORT];

/** How a failed attempt counts. */
function outcomeOf(error: unknown, attempt: number, attemptsMax: number): AttemptOutcome {
  if (error instanceof PermanentError) return 'dead';
  if (error instanceof TransientError && RETURNED.includes(error.code)) return 'returned';
  return attempt >= attemptsMax ? 'dead' : 'failed';
}

function resultOf(error: unknown): EventResult {
  const isKnown = error instanceof PermanentError || error instanceof TransientError;
  // What a stranger's code says may name a patient: it goes to the log, not into an answer.
  return {
    status: 'error',
    message: isKnown ? error.message : 'The processor failed.',
    error: isKnown ? error.code : 'processor_failed',
  };
}

/**
 * One attempt at an event, if there is one to make: begun in its row, processed, ended in its row. The row decides, whoever else has the
 * same event: only the newest attempt of the partition's owner is stored.
 * @returns why the event is given up on, with its dead letter still to be sent; undefined when the record is done with
 * @throws TransientError: the same record is to come again, later
 */
export async function processEvent(
  event: MedicalEvent,
  source: EventSource,
  { runs, processor, attemptsMax, recordMetric }: EventWork,
  { log, giveBack }: Circumstances,
): Promise<PermanentError | undefined> {
  const { eventId } = event;
  await processor.ready(giveBack);
  const begun = await runs.begin({ event, source }).catch((error: unknown) => {
    processor.givenBack();
    throw error;
  });
  if (begun.outcome !== 'run') {
    processor.givenBack();
    if (begun.outcome === 'fenced') throw new TransientError('fenced_out', 'Another worker owns the partition by now.');
    if (begun.outcome === 'dead') return new PermanentError(GIVEN_UP, 'The event was given up on.');
    recordMetric('events_skipped_total', 1, { reason: begun.outcome === 'done' ? 'repeated' : 'different' });
    if (begun.outcome === 'different') log.warn('event dropped: its id is another event’s', { eventId });
    return undefined;
  }

  const { attempt } = begun;
  const startedAt = performance.now();
  if (attempt === 1) recordMetric('event_queued_latency_ms', Math.max(0, Date.now() - Date.parse(event.acceptedAt)));
  const end = async (outcome: AttemptOutcome, result: EventResult): Promise<Exclude<Ended, 'fenced'>> => {
    const durationMs = performance.now() - startedAt;
    if (outcome !== 'returned') recordMetric('event_processing_latency_ms', durationMs);
    const ended = await runs.end({ eventId, attempt, source, outcome, result, durationMs });
    recordMetric('events_attempted_total', 1, { outcome: ended === 'fenced' ? 'fenced' : outcome });
    if (ended === 'fenced') throw new TransientError('fenced_out', 'The attempt came to its end after its time.');
    return ended;
  };
  let message: string;
  try {
    ({ message } = await processor.process(event, attempt, giveBack));
  } catch (error) {
    const outcome = outcomeOf(error, attempt, attemptsMax);
    const result = resultOf(error);
    await end(outcome, result);
    if (outcome === 'returned') log.info('event given back', { eventId, reason: result.error });
    else log.warn('event failed', { eventId, attempt, outcome, error });
    if (outcome !== 'dead')
      throw new TransientError(result.error ?? 'processor_failed', result.message, { cause: error });
    return error instanceof PermanentError
      ? error
      : new PermanentError(GIVEN_UP, `${attempt} attempts failed: ${result.message}`);
  }
  const { late, afterMs } = await end('processed', { status: 'ok', message });
  if (afterMs !== undefined) recordMetric('event_processed_latency_ms', Math.max(0, afterMs));
  log.info('event processed', { eventId, attempt, late });
  return undefined;
}
