import type { z } from 'zod';
import { HeartlineError } from '../errors.ts';
import type { ListItem } from '../http/json-body.ts';
import { DATABASE_PROBLEMS, HttpError, type ProblemCode, STREAM_PROBLEMS, validated } from '../http/problem.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import { database } from '../postgres/process-database.ts';
import { publishToStream } from '../stream/process-publisher.ts';
import { telemetry } from '../telemetry.ts';
import {
  clockFault,
  contentFingerprint,
  eventIdOf,
  type MedicalEvent,
  type MedicalEventBody,
} from './event-message.ts';
import { type Acceptance, type EventAcceptances, eventAcceptances } from './event-store.ts';

const STREAM = 'medical-events';
const STAGE = 'medical-events';
const CONFLICT = 'An event with this eventId and another content was accepted before.';

/** What one that is accepted by itself may be told. */
export const ACCEPT_PROBLEMS = [
  'event_conflict',
  'clock_skew',
  ...DATABASE_PROBLEMS,
  ...STREAM_PROBLEMS,
] as const satisfies ProblemCode[];

/** What became of one event: in the stream under this id, another's id, or an error that says why it was not accepted. */
type Accepted = { eventId: string; outcome: Acceptance } | { error: HeartlineError };

interface AcceptContext {
  traceparent: string;
  recordMetric: RecordMetric;
}

let current: EventAcceptances | undefined;
/** Of this process: all its requests share their statements. */
function acceptances(): EventAcceptances {
  current ??= eventAcceptances(() => ({ database: database(), recordMetric: telemetry().metrics.recordTogether }));
  return current;
}

/**
 * Accepts events in their order: each is in the stream when this resolves, unless it was accepted before. One that fails leaves the
 * others unaffected. First the stream, then the row: a crash between the two leaves an event that is processed and was never
 * promised, where the other way round would leave one that is promised and never processed.
 * @throws TransientError when the database is away or slow
 */
async function acceptEvents(
  bodies: readonly MedicalEventBody[],
  { traceparent, recordMetric }: AcceptContext,
): Promise<Accepted[]> {
  const startedAt = performance.now();
  const { known: whatIsKnown, record } = acceptances();
  const acceptedAt = new Date().toISOString();
  const events = bodies.map((body): MedicalEvent => ({ ...body, version: 1, eventId: eventIdOf(body), acceptedAt }));
  const outcomes = new Map<MedicalEvent, Accepted>();
  const timely = events.filter((event) => {
    const fault = clockFault(event.ts, Date.now());
    if (fault !== undefined) outcomes.set(event, { error: new HttpError('clock_skew', fault) });
    return fault === undefined;
  });
  const known = await Promise.all(timely.map(whatIsKnown));
  const fresh = new Map<string, MedicalEvent>();
  timely.forEach((event, index) => {
    const outcome = known[index] ?? 'different';
    if (outcome !== 'new') outcomes.set(event, { eventId: event.eventId, outcome });
    else if (!fresh.has(event.eventId)) fresh.set(event.eventId, event);
  });

  const published: MedicalEvent[] = [];
  const publish = async (event: MedicalEvent): Promise<void> => {
    const { patientId, eventId } = event;
    try {
      const message = { partitionBy: patientId, key: patientId, value: event, properties: { eventId, traceparent } };
      await publishToStream(STREAM, message);
      published.push(event);
    } catch (error) {
      if (!(error instanceof HeartlineError)) throw error;
      outcomes.set(event, { error });
    }
  };
  await Promise.all([...fresh.values()].map(publish));
  const publishedAfterMs = performance.now() - startedAt;
  const recorded = await Promise.all(published.map(record));
  published.forEach((event, index) => {
    outcomes.set(event, { eventId: event.eventId, outcome: recorded[index] ?? 'different' });
    recordMetric('producer_latency_ms', publishedAfterMs, { stage: STAGE });
  });
  if (published.length > 0) recordMetric('producer_sent_msgs', published.length, { stage: STAGE });
  const accepted = events.map((event) => outcomes.get(event) ?? repeated(event, fresh, outcomes));
  for (const one of accepted) {
    const outcome = 'error' in one ? one.error.code : one.outcome;
    recordMetric('events_accepted_total', 1, { outcome });
  }
  return accepted;
}

/** An event as it is to be accepted, or why it is none. */
export type EventOrError = MedicalEventBody | HeartlineError;

/** The event of an item of a list. */
export function readEach(schema: z.ZodType<MedicalEventBody>, item: ListItem): EventOrError {
  if ('error' in item) return item.error;
  try {
    return validated(schema, item.value, 'event');
  } catch (error) {
    if (error instanceof HeartlineError) return error;
    throw error;
  }
}

/** Accepts the events among these, in their order. @returns of each its id, or why it was not accepted */
export async function acceptEach(
  events: readonly EventOrError[],
  context: AcceptContext,
): Promise<(string | HeartlineError)[]> {
  const good = events.filter((event): event is MedicalEventBody => !(event instanceof HeartlineError));
  const accepted = (await acceptEvents(good, context)).values();
  return events.map((event) => {
    if (event instanceof HeartlineError) return event;
    const one = accepted.next().value;
    if (one === undefined) throw new Error('an event has no outcome');
    if ('error' in one) return one.error;
    return one.outcome === 'different' ? new HttpError('event_conflict', CONFLICT) : one.eventId;
  });
}

/** Accepts one event. @returns its id @throws HeartlineError why it was not accepted */
export async function acceptEvent(event: MedicalEventBody, context: AcceptContext): Promise<string> {
  const [accepted] = await acceptEach([event], context);
  if (typeof accepted === 'string') return accepted;
  throw accepted;
}

/** Of one that came twice in the same request: as the first, if it is the same. */
function repeated(
  event: MedicalEvent,
  fresh: ReadonlyMap<string, MedicalEvent>,
  outcomes: ReadonlyMap<MedicalEvent, Accepted>,
): Accepted {
  const first = fresh.get(event.eventId);
  const outcome = first && outcomes.get(first);
  if (first === undefined || outcome === undefined) throw new Error('an event was forgotten');
  if ('error' in outcome) return outcome;
  const isSame = contentFingerprint(event) === contentFingerprint(first);
  return { eventId: event.eventId, outcome: isSame ? 'same' : 'different' };
}
