import { z } from 'zod';
import { idSchema, instantSchema } from '../alerts/alert-message.ts';
import { medicalEventId } from './event-message.ts';

/** A change of an event's status as the database queues it: for the feeds at one endpoint. */
export const queuedChange = z.object({
  endpoint: z.url({ protocol: /^https?$/ }),
  /** Of two changes of an event the later has the higher one; over all events it says nothing. */
  number: z.int().positive(),
  eventId: medicalEventId,
  patientId: idSchema,
  type: idSchema,
  status: z.enum(['queued', 'processing', 'processed', 'failed', 'dead']),
  attempts: z.int().min(0),
  at: instantSchema,
});
export type QueuedChange = z.infer<typeof queuedChange>;

/** What a feed is told: ids and status, nothing of what the event says of the patient. */
export type EventChange = Omit<QueuedChange, 'endpoint'>;
