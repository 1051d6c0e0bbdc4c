// What a rule finds, made into what is told: an alert starts, changes its priority, ends. One condition has one open alert.
import { SEVERITIES, type Severity } from '../alerts/alert-kinds.ts';
import { type AlertEvent, type AlertEventType, alertEventIdOf, alertIdOf } from './alert-event.ts';
import type { KindCode } from './kinds.ts';
import type { OpenAlert, PatientState } from './patient-state.ts';
import { RULES } from './rules/index.ts';
import type { Finding, Level } from './rules/rule.ts';

/** From high to low, as in the standard. */
const ORDER = Object.keys(SEVERITIES) as Severity[];
const isHigher = (one: Severity, other: Severity) => ORDER.indexOf(one) < ORDER.indexOf(other);

const CATEGORIES = new Map(RULES.map(({ name, category }) => [name, category]));

const names = new Map<string, Map<string, string>>();

/**
 * What a rule's condition is called among a patient's. Of a rule there are a few; they are looked up for every patient each
 * second: with a text that is put together anew, all of the evaluation was measured to take a seventh longer.
 */
export function conditionName(rule: string, within: string, suffix = ''): string {
  if (suffix !== '') return `${rule}/${within}${suffix}`;
  const known = names.get(rule)?.get(within);
  if (known !== undefined) return known;
  const name = `${rule}/${within}`;
  const ofRule = names.get(rule) ?? new Map<string, string>();
  names.set(rule, ofRule.set(within, name));
  return name;
}

/** When it was decided (epoch ms, of the device), and by what reading. */
export interface Decision {
  readonly atMs: number;
  readonly kind: KindCode | null;
}

/** Carries a finding into the patient's open alerts; gives what is to be told. Changes `patient`, a draft. */
export function settle(
  patient: PatientState,
  rule: string,
  { condition: within, level, detail: why = {} }: Finding,
  { atMs, kind }: Decision,
): readonly AlertEvent[] {
  const condition = conditionName(rule, within, patient.suffix);
  const open = patient.open[condition];
  if (open === undefined && level === null) return NOTHING;
  const events: AlertEvent[] = [];
  const tell = (type: AlertEventType, alert: OpenAlert, detail: Level['detail']) => {
    events.push(eventOf(patient, alert, { type, atMs, detail }));
  };
  const isAnother = open !== undefined && level !== null && level.onsetMs !== open.onsetMs;
  if (open !== undefined && (level === null || isAnother)) {
    const { [condition]: _, ...others } = patient.open;
    patient.open = others;
    patient.ended = { ...patient.ended, [condition]: { occurrence: open.occurrence } };
    tell('end', { ...open, sequence: open.sequence + 1 }, why);
  }
  if (level === null) return events;
  const { priority, onsetMs, detail } = level;
  if (open === undefined || isAnother) {
    // Counted: a device whose clock is put back may raise alerts of one onset twice.
    const occurrence = (patient.ended[condition]?.occurrence ?? 0) + 1;
    const alertId = alertIdOf(patient.patientId, condition, onsetMs, occurrence);
    const alert = { alertId, onsetMs, priority, kind, sequence: 1, occurrence, rule, within };
    patient.open = { ...patient.open, [condition]: alert };
    tell('start', alert, detail);
  } else if (priority !== open.priority) {
    const alert = { ...open, priority, sequence: open.sequence + 1 };
    patient.open = { ...patient.open, [condition]: alert };
    tell(isHigher(priority, open.priority) ? 'escalate' : 'update', alert, detail);
  }
  return events;
}

const NOTHING: readonly AlertEvent[] = [];

/** Tells where the patient is by now, of each alert that is open. */
export function moved(patient: PatientState, atMs: number): AlertEvent[] {
  const open = Object.entries(patient.open).map(([condition, alert]) => {
    return [condition, { ...alert, sequence: alert.sequence + 1 }] as const;
  });
  patient.open = Object.fromEntries(open);
  return open.map(([, alert]) => eventOf(patient, alert, { type: 'update', atMs, detail: { reason: 'moved' } }));
}

interface Telling extends Pick<AlertEvent, 'type' | 'detail'> {
  readonly atMs: number;
}

function eventOf(
  { patientId, ward, bed, deviceId, suffix }: PatientState,
  { alertId, sequence, rule, within, kind, priority, onsetMs }: OpenAlert,
  { type, atMs, detail }: Telling,
): AlertEvent {
  return {
    eventId: alertEventIdOf(alertId, sequence),
    alertId,
    type,
    sequence,
    patientId,
    ward,
    bed,
    deviceId,
    rule,
    condition: conditionName(rule, within, suffix),
    category: CATEGORIES.get(rule) ?? 'physiological',
    kind,
    priority,
    onset: new Date(onsetMs).toISOString(),
    at: new Date(atMs).toISOString(),
    detail,
  };
}
