import { z } from 'zod';
import { type VitalsMessage, vitalsMessageSchema } from './vitals-message.ts';

/** The second that a partition's clock tells (shared/vitals/pulse.ts), so that time goes on where all devices are silent. */
export interface Pulse {
  readonly pulse: string;
}

const PULSE_KEY = 'pulse';
const pulseSchema = z.strictObject({ pulse: z.string().max(40) });

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** What a record of the vitals stream may be. No union: of one that is wrong it would only say that neither fits. */
export const vitalsRecordSchema = z.unknown().transform((value, context): VitalsMessage | Pulse => {
  const schema = isObject(value) && 'pulse' in value ? pulseSchema : vitalsMessageSchema;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});

export const isPulse = (record: VitalsMessage | Pulse): record is Pulse => 'pulse' in record;

export const vitalsKey = (record: VitalsMessage | Pulse): string => (isPulse(record) ? PULSE_KEY : record.patientId);

/** Whether it came under its own topic, `hl/{ward}/{bed}/{patientId}/vitals`: no device speaks for another bed, nor tells the time. */
export const isOfTopic = (record: VitalsMessage | Pulse, routingKey: string): boolean =>
  !isPulse(record) && routingKey === `hl.${record.ward}.${record.bed}.${record.patientId}.vitals`;
