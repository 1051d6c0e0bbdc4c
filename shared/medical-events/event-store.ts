import type { RecordMetric } from '../observability/catalogue.ts';
import type { Database } from '../postgres/database.ts';
import { contentFingerprint, type MedicalEvent } from './event-message.ts';
import { together } from './together.ts';

const STAGE = { stage: 'medical-events' } as const;

export interface EventContext {
  database: Database;
  recordMetric: RecordMetric;
}

/** `new`: nothing of its id was accepted before; `same`: the same content; `different`: another event has this id. */
export type Acceptance = 'new' | 'same' | 'different';

const KNOWN = 'SELECT event_id, fingerprint FROM medical_events.events WHERE event_id = ANY ($1::text[])';
// Its commit does not wait for the disk: the event is in the stream, and should the row be lost with the server, beginning it writes it.
const ACCEPT = `
  WITH soon AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
  ), accepted AS (
    INSERT INTO medical_events.events (event_id, patient_id, type, ts, data, fingerprint, accepted_at, status)
    SELECT *, 'queued' FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::jsonb[], $6::text[], $7::timestamptz[])
      AS i (event_id, patient_id, type, ts, data, fingerprint, accepted_at)
    ORDER BY event_id
    ON CONFLICT (event_id) DO NOTHING RETURNING event_id, patient_id, type, status, attempts, accepted_at
  ), live AS (
    SELECT medical_events.tell(array_agg(event_id), array_agg(patient_id), array_agg(type), array_agg(status), array_agg(attempts),
      array_agg(accepted_at))
    FROM accepted WHERE EXISTS (SELECT FROM medical_events.feeds)
  )
  SELECT event_id FROM soon CROSS JOIN live LEFT JOIN accepted ON true`;

/** An event id as it is known: by the fingerprint of its event's content, if there is one. */
interface Known {
  fingerprint?: string;
}

/** What is known of these ids; an event that the processor has seen counts, too. */
async function knownOf(eventIds: readonly string[], { database, recordMetric }: EventContext): Promise<Known[]> {
  const startedAt = performance.now();
  const rows = await database.query<{ event_id: string; fingerprint: string }>({
    name: 'known-medical-events',
    text: KNOWN,
    values: [eventIds],
  });
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  const known = new Map(rows.map(({ event_id, fingerprint }) => [event_id, { fingerprint }]));
  return eventIds.map((eventId) => known.get(eventId) ?? {});
}

function acceptanceOf(event: MedicalEvent, { fingerprint }: Known): Acceptance {
  if (fingerprint === undefined) return 'new';
  return fingerprint === contentFingerprint(event) ? 'same' : 'different';
}

/**
 * Records events that are in the stream as queued, each id once among them. Of two that were sent at the same time under one id with
 * different content the first to come here has it; the processor asks the same row, and drops the other.
 * @throws TransientError when the database is away or slow; sent again, the events are the same
 */
export async function recordAccepted(events: readonly MedicalEvent[], context: EventContext): Promise<Acceptance[]> {
  const { database, recordMetric } = context;
  const startedAt = performance.now();
  const rows = await database.query<{ event_id: string | null }>({
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
  const recorded = new Set(rows.flatMap(({ event_id }) => event_id ?? []));
  if (recorded.size === events.length) return events.map(() => 'new');
  const known = await knownOf(
    events.map(({ eventId }) => eventId),
    context,
  );
  return events.map((event, index) => (recorded.has(event.eventId) ? 'new' : acceptanceOf(event, known[index] ?? {})));
}

/** Acceptance for all requests of a process: calls that are made while a statement is under way go together in the next. */
export interface EventAcceptances {
  /** What is known of an event. @throws TransientError when the database is away or slow */
  known(event: MedicalEvent): Promise<Acceptance>;
  /** As `recordAccepted`. */
  record(event: MedicalEvent): Promise<Acceptance>;
}

/** @param context that of the moment */
export function eventAcceptances(context: () => EventContext): EventAcceptances {
  const known = together({
    keyOf: (eventId: string) => eventId,
    sizeOf: (eventId) => eventId.length,
    send: (eventIds) => knownOf(eventIds, context()),
    isShared: () => true,
  });
  return {
    known: async (event) => acceptanceOf(event, await known(event.eventId)),
    record: together({
      keyOf: ({ eventId }: MedicalEvent) => eventId,
      sizeOf: ({ data }) => JSON.stringify(data).length,
      send: (events) => recordAccepted(events, context()),
    }),
  };
}
