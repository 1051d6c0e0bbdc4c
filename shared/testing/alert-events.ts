import { randomUUID } from 'node:crypto';
import { type AlertEvent, alertEventIdOf } from '../vitals/alert-event.ts';

/** The start of an alert of somebody nobody has heard of. */
export function anAlertEvent(change: Partial<AlertEvent> = {}): AlertEvent {
  const { alertId = randomUUID(), sequence = 1 } = change;
  const at = new Date().toISOString();
  return {
    eventId: alertEventIdOf(alertId, sequence),
    alertId,
    type: 'start',
    sequence,
    patientId: `patient-${alertId}`,
    ward: 'icu-1',
    bed: 'b1',
    deviceId: 'monitor-1',
    rule: 'threshold',
    condition: 'threshold/59408-5/low',
    category: 'physiological',
    kind: '59408-5',
    priority: 'high',
    onset: at,
    at,
    detail: { value: 82, limit: 88 },
    ...change,
  };
}
