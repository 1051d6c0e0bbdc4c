import { z } from 'zod';
import { instantSchema } from '../alerts/alert-message.ts';
import type { Json } from '../canonical-json.ts';
import { medicalEventBody, medicalEventId } from './event-message.ts';

const eventStatus = z.enum(['queued', 'processing', 'processed', 'failed', 'dead']);
type EventStatus = z.infer<typeof eventStatus>;

const eventResult = z.strictObject({
  status: z.enum(['ok', 'error']),
  message: z.string(),
  error: z.string().describe('a stable code').exactOptional(),
});
/** What became of an event. */
export type EventResult = z.infer<typeof eventResult>;

/** An event as clients read it; instants are ISO 8601 in UTC. `failed` waits for its next attempt; `dead` was given up on. */
export const storedEvent = medicalEventBody.extend({
  eventId: medicalEventId,
  status: eventStatus,
  acceptedAt: instantSchema,
  attempts: z.int().min(0).describe('begun; the last has ended unless the status is processing'),
  worker: z.string().exactOptional(),
  startedAt: instantSchema.exactOptional(),
  processedAt: instantSchema.exactOptional(),
  processingDurationMs: z.number().min(0).exactOptional(),
  result: eventResult.exactOptional(),
  late: z.boolean().describe('its ts is before one of the patient’s that was processed already').exactOptional(),
});
export type StoredEvent = z.infer<typeof storedEvent>;

/** As Postgres has it. */
export interface EventRow {
  event_id: string;
  patient_id: string;
  type: string;
  ts: Date;
  data: { [name: string]: Json };
  status: EventStatus;
  accepted_at: Date;
  attempts: number;
  worker: string | null;
  started_at: Date | null;
  processed_at: Date | null;
  processing_duration_ms: number | null;
  result: EventResult | null;
  late: boolean | null;
}

export const EVENT_COLUMNS =
  'event_id, patient_id, type, ts, data, status, accepted_at, attempts, worker, started_at, processed_at, processing_duration_ms, result, late';

export const toStoredEvent = (row: EventRow): StoredEvent => ({
  eventId: row.event_id,
  patientId: row.patient_id,
  type: row.type,
  ts: row.ts.toISOString(),
  data: row.data,
  status: row.status,
  acceptedAt: row.accepted_at.toISOString(),
  attempts: row.attempts,
  ...(row.worker === null ? {} : { worker: row.worker }),
  ...(row.started_at === null ? {} : { startedAt: row.started_at.toISOString() }),
  ...(row.processed_at === null ? {} : { processedAt: row.processed_at.toISOString() }),
  ...(row.processing_duration_ms === null ? {} : { processingDurationMs: row.processing_duration_ms }),
  ...(row.result === null ? {} : { result: row.result }),
  ...(row.late === null ? {} : { late: row.late }),
});
