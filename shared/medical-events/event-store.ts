import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import { contentFingerprint, type MedicalEvent } from './event-message.ts';

const STAGE = { stage: 'medical-events' } as const;

export interface EventContext {
  database: Database;
  recordMetric: RecordMetric;
}

/** `new`: nothing of its id was accepted before; `same`: the same content; `different`: another event has this id. */
export type Acceptance = 'new' | 'same' | 'different';

const KNOWN = 'SELECT event_id, fingerprint FROM medical_events.events WHERE event_id = ANY ($1::text[])';
const ACCEPT = `
  INSERT INTO medical_events.events (event_id, patient_id, type, ts, data, fingerprint, accepted_at, status)
  SELECT *, 'queued' FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::jsonb[], $6::text[], $7::timestamptz[])
    AS i (event_id, patient_id, type, ts, data, fingerprint, accepted_at)
  ORDER BY event_id
  ON CONFLICT (event_id) DO NOTHING RETURNING event_id`;

/** What is known of events by their ids; an event that the processor has seen counts, too. */
export async function acceptanceOf(
  events: readonly MedicalEvent[],
  { database, recordMetric }: EventContext,
): Promise<Acceptance[]> {
  const startedAt = performance.now();
  const rows = await database.query<{ event_id: string; fingerprint: string }>({
    name: 'known-medical-events',
    text: KNOWN,
    values: [events.map(({ eventId }) => eventId)],
  });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  const known = new Map(rows.map(({ event_id, fingerprint }) => [event_id, fingerprint]));
  return events.map((event) => {
    const fingerprint = known.get(event.eventId);
    if (fingerprint === undefined) return 'new';
    return fingerprint === contentFingerprint(event) ? 'same' : 'different';
  });
}

/**
 * Records events that are in the stream as queued, each id once among them. Of two that were sent at the same time under one id with
 * different content the first to come here has it; the processor asks the same row, and drops the other.
 * @throws TransientError when the database is away or slow; sent again, the events are the same
 */
export async function recordAccepted(events: readonly MedicalEvent[], context: EventContext): Promise<Acceptance[]> {
  const { database, recordMetric } = context;
  const startedAt = performance.now();
  const rows = await database.query<{ event_id: string }>({
    name: 'accept-medical-events',
    text: ACCEPT,
    values: [
      events.map(({ eventId }) => eventId),
      events.map(({ patientId }) => patientId),
      events.map(({ type }) => type),
      events.map(({ ts }) => ts),
      events.map(({ data }) => JSON.stringify(data)),
      events.map(contentFingerprint),
      events.map(({ acceptedAt }) => acceptedAt),
    ],
  });
  recordMetric('db_insert_latency_ms', performance.now() - startedAt, STAGE);
  const recorded = new Set(rows.map(({ event_id }) => event_id));
  if (recorded.size === events.length) return events.map(() => 'new');
  const others = await acceptanceOf(events, context);
  return events.map(({ eventId }, index) => (recorded.has(eventId) ? 'new' : (others[index] ?? 'different')));
}
