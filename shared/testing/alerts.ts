import { randomUUID } from 'node:crypto';
import type { AlertMessage } from '../alerts/alert-message.ts';

/** An alert that a device may send now, with an eventId of its own. */
export function anAlert(overrides: Partial<AlertMessage> = {}): AlertMessage {
  return {
    eventId: randomUUID(),
    patientId: 'patient-1',
    deviceId: 'monitor-1',
    ward: 'icu-1',
    kind: 'VT',
    severity: 'high',
    detectedAt: new Date().toISOString(),
    evidence: { beats: 5, rrMs: [412, 398, 405] },
    ...overrides,
  };
}
