import { z } from 'zod';
import { KIND_CODES, KINDS } from './kinds.ts';
import { effectiveThresholds, heldBy } from './threshold-layers.ts';
import { VALIDITIES } from './vitals-message.ts';
import type { BedRow, WardRow } from './ward-read-store.ts';

const latest = z.strictObject({
  code: z.enum(KIND_CODES),
  name: z.string(),
  short: z.string(),
  unit: z.string().exactOptional(),
  value: z.union([z.number(), z.string()]).nullable(),
  validity: z.enum(VALIDITIES),
  at: z.string(),
});

export const wardsAnswer = z.strictObject({
  wards: z.array(z.strictObject({ ward: z.string(), patients: z.int(), at: z.string() })),
});

export const bedsAnswer = z.strictObject({
  ward: z.string(),
  beds: z.array(
    z.strictObject({
      bed: z.string(),
      patientId: z.string(),
      deviceId: z.string(),
      at: z.string().describe('of the newest reading'),
      readings: z.array(latest).describe('the newest of each kind, however old'),
      thresholds: effectiveThresholds,
    }),
  ),
});

export const toWards = (rows: readonly WardRow[]): z.infer<typeof wardsAnswer> => ({
  wards: rows.map(({ ward, patients, at }) => ({ ward, patients, at: at.toISOString() })),
});

export const toBeds = (
  ward: string,
  rows: readonly BedRow[],
  stored: readonly { scope: string; thresholds: unknown }[],
): z.infer<typeof bedsAnswer> => ({
  ward,
  beds: rows.map(({ bed, patient_id: patientId, device_id: deviceId, at, readings }) => ({
    bed,
    patientId,
    deviceId,
    at: at.toISOString(),
    readings: readings.map((row) => {
      const kind = KINDS[row.code];
      return {
        code: row.code,
        name: kind.name,
        short: kind.short,
        ...(kind.type === 'numeric' ? { unit: kind.unit } : {}),
        value: row.value ?? row.value_text,
        validity: row.validity,
        at: new Date(row.at).toISOString(),
      };
    }),
    thresholds: heldBy(patientId, ward, stored),
  })),
});
