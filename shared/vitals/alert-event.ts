import { z } from 'zod';
import { SEVERITIES, type Severity } from '../alerts/alert-kinds.ts';
import { nameUuid } from '../name-uuid.ts';
import { KIND_CODES, type KindCode } from './kinds.ts';

const ALERT_EVENT_TYPES = ['start', 'update', 'escalate', 'end'] as const;
export type AlertEventType = (typeof ALERT_EVENT_TYPES)[number];

/** What the alerter says to the stream `alerts`. Made of readings alone, so that a replay makes the same bytes. */
export interface AlertEvent {
  readonly eventId: string;
  readonly alertId: string;
  /** `escalate`: a higher priority; `update`: a lower one. */
  readonly type: AlertEventType;
  /** Of the alert: 1 is its start. */
  readonly sequence: number;
  readonly patientId: string;
  readonly ward: string;
  readonly bed: string;
  readonly deviceId: string;
  readonly rule: string;
  /** Within the patient: of one condition one alert is open at a time. */
  readonly condition: string;
  readonly category: 'physiological' | 'technical';
  readonly kind: KindCode | null;
  readonly priority: Severity;
  /** ISO 8601, of the device: when the condition began, and when it was decided. */
  readonly onset: string;
  readonly at: string;
  readonly detail: Readonly<Record<string, string | number | null>>;
}

const names = <Name extends string>(of: Record<Name, string>) => Object.keys(of) as [Name, ...Name[]];

export const alertEventSchema = z.strictObject({
  eventId: z.uuid(),
  alertId: z.uuid(),
  type: z.enum(ALERT_EVENT_TYPES),
  sequence: z.int().min(1),
  patientId: z.string(),
  ward: z.string(),
  bed: z.string(),
  deviceId: z.string(),
  rule: z.string(),
  condition: z.string(),
  category: z.enum(['physiological', 'technical']),
  kind: z.enum(KIND_CODES as [KindCode, ...KindCode[]]).nullable(),
  priority: z.enum(names(SEVERITIES)),
  onset: z.iso.datetime(),
  at: z.iso.datetime(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});

/** Of the alerter's ids (RFC 9562, version 5): drawn once, for good. */
const NAMESPACE = Buffer.from('8f0e2d5c6a514c0fb7f1c64f3f0a9d27', 'hex');

/** The alert of a condition that began then: whoever decides it, and however often. */
export const alertIdOf = (patientId: string, condition: string, onsetMs: number, occurrence: number) =>
  nameUuid(NAMESPACE, `${patientId}|${condition}|${onsetMs}|${occurrence}`);

export const alertEventIdOf = (alertId: string, sequence: number) => nameUuid(NAMESPACE, `${alertId}|${sequence}`);
