import { TOPIC_LEVEL } from '../mqtt/device-topic.ts';
import {
  LENGTHS_MAX,
  type RawReading,
  READINGS_MAX,
  VALIDITIES,
  type VitalsMessage,
  vitalsMessageSchema,
} from './vitals-message.ts';

const MEMBERS = 5;
const topicLevel = new RegExp(TOPIC_LEVEL);

const validities: ReadonlySet<unknown> = new Set(VALIDITIES);

type Unchecked<Form> = { readonly [Member in keyof Form]?: unknown };

const isObject = <Form>(value: unknown): value is Unchecked<Form> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTopicLevel = (value: unknown) => typeof value === 'string' && topicLevel.test(value);
/** The schema counts characters, this the units of UTF-16, of which there are as many or more. */
const isText = (value: unknown, lengthMax: number) => typeof value === 'string' && value.length <= lengthMax;

/** Members beside these are nobody's concern. */
export function isPlainReading(reading: unknown): boolean {
  if (!isObject<RawReading>(reading)) return false;
  const { code, value, unit, time, validity, simulated } = reading;
  return (
    isText(code, LENGTHS_MAX.code) &&
    isText(time, LENGTHS_MAX.time) &&
    // JSON has 1e999, which is Infinity here.
    (Number.isFinite(value) || value === null || isText(value, LENGTHS_MAX.value)) &&
    (unit === undefined || isText(unit, LENGTHS_MAX.unit)) &&
    (validity === undefined || validities.has(validity)) &&
    (simulated === undefined || typeof simulated === 'boolean')
  );
}

/**
 * Whether parsed JSON has the form of a message for certain: for a tenth of what the schema takes. False of some that have it, for
 * one with long texts beyond the Basic Multilingual Plane: the schema has the last word on those.
 */
export function isPlainMessage(value: unknown, isReading: (reading: unknown) => boolean = isPlainReading): boolean {
  if (!isObject<VitalsMessage>(value)) return false;
  const { patientId, ward, bed, deviceId, readings } = value;
  if (!isTopicLevel(patientId) || !isTopicLevel(ward) || !isTopicLevel(bed) || !isTopicLevel(deviceId)) return false;
  if (!Array.isArray(readings) || readings.length === 0 || readings.length > READINGS_MAX) return false;
  let members = 0;
  for (const _ in value) members += 1;
  return members === MEMBERS && readings.every(isReading);
}

/** Whether parsed JSON is a message, as vitalsMessageSchema has it. */
export const isVitalsMessage = (value: unknown): value is VitalsMessage =>
  isPlainMessage(value) || vitalsMessageSchema.safeParse(value).success;
