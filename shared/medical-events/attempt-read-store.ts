import { z } from 'zod';
import { idSchema, instantSchema } from '../alerts/alert-message.ts';
import { medicalEventId } from './event-message.ts';
import type { EventContext } from './event-store.ts';

const STAGE = { stage: 'medical-events' } as const;
const LIST = `
  SELECT a.sequence::text, event_id, e.patient_id, a.attempt, a.outcome, a.error, a.worker, a.consumer, a.stream_offset::text,
    e.accepted_at, a.started_at, a.ended_at
  FROM medical_events.attempts AS a JOIN medical_events.events AS e USING (event_id)
  WHERE a.sequence > $1::bigint ORDER BY a.sequence LIMIT $2`;

const outcome = z
  .enum(['processed', 'failed', 'dead', 'returned', 'lost'])
  .describe('returned: given back unfinished, and not counted; lost: its worker was gone, or overtaken');

/** An attempt as clients read it; instants are by the database's clock, but for acceptedAt. */
const triedAttempt = z.strictObject({
  eventId: medicalEventId,
  patientId: idSchema,
  attempt: z.int().min(1),
  outcome,
  error: z.string().describe('a stable code').exactOptional(),
  worker: z.string().exactOptional(),
  consumer: z.string().describe('of the stream’s partition').exactOptional(),
  offset: z.string().describe('in the partition: a patient’s events are worked on in this order').exactOptional(),
  acceptedAt: instantSchema,
  startedAt: instantSchema,
  endedAt: instantSchema,
});
type TriedAttempt = z.infer<typeof triedAttempt>;

export const attemptPage = z.strictObject({ attempts: z.array(triedAttempt), nextCursor: z.string() });
type AttemptPage = z.infer<typeof attemptPage>;

interface AttemptRow {
  sequence: string;
  event_id: string;
  patient_id: string;
  attempt: number;
  outcome: TriedAttempt['outcome'];
  error: string | null;
  worker: string | null;
  consumer: string | null;
  stream_offset: string | null;
  accepted_at: Date;
  started_at: Date;
  ended_at: Date;
}

/** Attempts by the numbers they got when they ended; one whose transaction is still open may appear behind the cursor. */
export async function listAttempts(since: string, limit: number, context: EventContext): Promise<AttemptPage> {
  const startedAt = performance.now();
  const statement = { name: 'list-event-attempts', text: LIST, values: [since, limit] };
  const rows = await context.database.query<AttemptRow & object>(statement);
  context.recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  return { attempts: rows.map(toAttempt), nextCursor: rows.at(-1)?.sequence ?? since };
}

const toAttempt = (row: AttemptRow): TriedAttempt => ({
  eventId: row.event_id,
  patientId: row.patient_id,
  attempt: row.attempt,
  outcome: row.outcome,
  ...(row.error === null ? {} : { error: row.error }),
  ...(row.worker === null ? {} : { worker: row.worker }),
  ...(row.consumer === null ? {} : { consumer: row.consumer }),
  ...(row.stream_offset === null ? {} : { offset: row.stream_offset }),
  acceptedAt: row.accepted_at.toISOString(),
  startedAt: row.started_at.toISOString(),
  endedAt: row.ended_at.toISOString(),
});
