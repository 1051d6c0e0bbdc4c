import { randomUUID } from 'node:crypto';
import type { MedicalEvent } from '../../shared/medical-events/event-message.ts';
import { encodeMessage } from '../triggers/stream-client/encode-message.ts';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** An event as its acceptance puts it into the stream. */
export function eventRecord(patientId: string): Buffer {
  const now = new Date().toISOString();
  const event: MedicalEvent = {
    version: 1,
    eventId: randomUUID(),
    patientId,
    type: 'observation',
    ts: now,
    data: { code: '8867-4', value: 72, unit: '/min' },
    acceptedAt: now,
  };
  return encodeMessage({
    content: Buffer.from(JSON.stringify(event)),
    subject: patientId,
    applicationProperties: { eventId: event.eventId, traceparent: TRACEPARENT },
  });
}
