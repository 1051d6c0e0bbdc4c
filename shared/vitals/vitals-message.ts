import { z } from 'zod';
import { topicLevelSchema } from '../mqtt/device-topic.ts';

/** What a monitor sends at once: a second's readings of all its sensors are a few; what it kept while it was offline comes in several messages. */
export const READINGS_MAX = 100;

/** Of the sensor: whether its value can be trusted. `none`: it has no value. */
export const VALIDITIES = ['valid', 'questionable', 'invalid', 'none'] as const;
export type Validity = (typeof VALIDITIES)[number];

/**
 * One reading as a device says it. Only its form is checked here: what is wrong with a single reading (a kind that nobody
 * knows, a value no patient can have, a time to come) is no reason to refuse those beside it (read-reading.ts).
 */
export interface RawReading {
  /** A code of kinds.ts. */
  readonly code: string;
  /** Null: the sensor shows no number. */
  readonly value: number | string | null;
  /** UCUM; of numeric kinds. */
  readonly unit?: string;
  /** ISO 8601: when it was measured. */
  readonly time: string;
  /** Without it: valid, or none where there is no value. */
  readonly validity?: Validity;
  /** Made up by a simulator, where a recording has none. */
  readonly simulated?: boolean;
}

/** What a monitor publishes under `hl/{ward}/{bed}/{patientId}/vitals`. */
export interface VitalsMessage {
  readonly patientId: string;
  readonly ward: string;
  readonly bed: string;
  readonly deviceId: string;
  readonly readings: readonly RawReading[];
}

/** Of a reading's texts, in characters. */
export const LENGTHS_MAX = { code: 64, value: 64, unit: 32, time: 40 } as const;

const readingSchema = z.looseObject({
  code: z.string().max(LENGTHS_MAX.code),
  value: z.union([z.number(), z.string().max(LENGTHS_MAX.value), z.null()]),
  unit: z.string().max(LENGTHS_MAX.unit).exactOptional(),
  time: z.string().max(LENGTHS_MAX.time),
  validity: z.enum(VALIDITIES).exactOptional(),
  simulated: z.boolean().exactOptional(),
});

/** For documents, and for doors that can answer; the stream's consumers use a check that costs a tenth (read-vitals.ts). */
export const vitalsMessageSchema = z.strictObject({
  patientId: topicLevelSchema,
  ward: topicLevelSchema,
  bed: topicLevelSchema,
  deviceId: topicLevelSchema,
  readings: z.array(readingSchema).min(1).max(READINGS_MAX),
});
