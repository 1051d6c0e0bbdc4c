import { randomUUID } from 'node:crypto';

/** A valid body for `POST /db-first/alerts`, a new event each time. */
export function sampleAlert(): Record<string, unknown> {
  return {
    eventId: randomUUID(),
    patientId: `patient-${Math.floor(Math.random() * 500)}`,
    deviceId: 'monitor-1',
    ward: 'icu-1',
    kind: 'VT',
    severity: 'high',
    detectedAt: new Date().toISOString(),
    evidence: { heartRateBpm: 171.4, rrMs: [352, 348, 355, 350] },
  };
}
