import { HEART_RATE } from '../vitals/kinds.ts';
import type { StorableReading } from '../vitals/storable-reading.ts';

/** A heart rate of now. */
export function aReading(overrides: Partial<StorableReading> = {}): StorableReading {
  return {
    patientId: 'patient-1',
    code: HEART_RATE,
    atMs: Date.now(),
    value: 72,
    text: null,
    validity: 'valid',
    simulated: false,
    ward: 'icu-1',
    bed: 'b1',
    deviceId: 'monitor-1',
    ...overrides,
  };
}
