import type { z } from 'zod';
import type { Json } from '../canonical-json.ts';
import { type AlertMessage, alertMessage, instantSchema } from './alert-message.ts';

/** A row of db_first.alerts, as pg hands it over. */
export interface AlertRow {
  event_id: string;
  patient_id: string;
  device_id: string;
  ward: string;
  kind: AlertMessage['kind'];
  severity: AlertMessage['severity'];
  detected_at: Date;
  evidence: Json[] | { [name: string]: Json } | null;
  stored_at: Date;
}

/** An alert as it is stored and answered; instants are ISO 8601 in UTC. */
export const storedAlert = alertMessage.extend({ storedAt: instantSchema });
export type StoredAlert = z.infer<typeof storedAlert>;

/** One order of members for one row: every answer about an alert is the same text, byte for byte. */
export function toStoredAlert(row: AlertRow): StoredAlert {
  return {
    eventId: row.event_id,
    patientId: row.patient_id,
    deviceId: row.device_id,
    ward: row.ward,
    kind: row.kind,
    severity: row.severity,
    detectedAt: row.detected_at.toISOString(),
    ...(row.evidence === null ? {} : { evidence: row.evidence }),
    storedAt: row.stored_at.toISOString(),
  };
}
