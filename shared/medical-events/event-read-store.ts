import type { EventContext } from './event-store.ts';
import { EVENT_COLUMNS, type EventRow, type StoredEvent, toStoredEvent } from './stored-event.ts';

const STAGE = { stage: 'medical-events' } as const;
const FIND = `SELECT ${EVENT_COLUMNS} FROM medical_events.events WHERE event_id = $1`;
const LIST = `
  SELECT ${EVENT_COLUMNS} FROM medical_events.events
  WHERE patient_id = $1 AND (ts, event_id) > ($2::timestamptz, $3) AND ts < $4::timestamptz
  ORDER BY ts, event_id LIMIT $5`;

/** The event, or undefined. */
export async function findEvent(eventId: string, context: EventContext): Promise<StoredEvent | undefined> {
  const startedAt = performance.now();
  const statement = { name: 'find-medical-event', text: FIND, values: [eventId] };
  const [row] = await context.database.query<EventRow & object>(statement);
  context.recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return row && toStoredEvent(row);
}

/** A place in a patient's events: behind this one. */
export interface EventPlace {
  ts: string;
  eventId: string;
}

export interface EventPeriod {
  /** Exclusive when it is the last of a page. */
  after: EventPlace;
  /** Exclusive. */
  to: string;
}

/** A patient's events in the order of ts, and of two with the same ts by eventId. */
export async function listEvents(
  patientId: string,
  { after, to }: EventPeriod,
  limit: number,
  context: EventContext,
): Promise<StoredEvent[]> {
  const startedAt = performance.now();
  const rows = await context.database.query<EventRow & object>({
    name: 'list-medical-events',
    text: LIST,
    values: [patientId, after.ts, after.eventId, to, limit],
  });
  context.recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return rows.map(toStoredEvent);
}
