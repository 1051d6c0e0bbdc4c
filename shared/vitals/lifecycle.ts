// What a rule finds, made into what is told: an alert starts, changes its priority, ends. One condition has one open alert.
import { SEVERITIES, type Severity } from '../alerts/alert-kinds.ts';
import { type AlertEvent, type AlertEventType, alertEventIdOf, alertIdOf } from './alert-event.ts';
import type { KindCode } from './kinds.ts';
import type { OpenAlert, PatientState } from './patient-state.ts';
import type { Finding, Level, Rule } from './rules/rule.ts';

/** From high to low, as in the standard. */
const ORDER = Object.keys(SEVERITIES) as Severity[];
const isHigher = (one: Severity, other: Severity) => ORDER.indexOf(one) < ORDER.indexOf(other);

/** When it was decided (epoch ms, of the device), and by what reading. */
export interface Decision {
  readonly atMs: number;
  readonly kind: KindCode | null;
}

/** Carries a finding into the patient's open alerts; gives what is to be told. Changes `patient`, a draft. */
export function settle(
  patient: PatientState,
  { name: rule, category }: Pick<Rule, 'name' | 'category'>,
  { condition: within, level }: Finding,
  { atMs, kind }: Decision,
): readonly AlertEvent[] {
  const condition = `${rule}/${within}`;
  const open = patient.open[condition];
  if (open === undefined && level === null) return NOTHING;
  const events: AlertEvent[] = [];
  const tell = (type: AlertEventType, alert: OpenAlert, detail: Level['detail']) => {
    const { patientId, ward, bed, deviceId } = patient;
    const { alertId, sequence, priority } = alert;
    events.push({
      eventId: alertEventIdOf(alertId, sequence),
      alertId,
      type,
      sequence,
      patientId,
      ward,
      bed,
      deviceId,
      rule,
      condition,
      category,
      kind: alert.kind,
      priority,
      onset: new Date(alert.onsetMs).toISOString(),
      at: new Date(atMs).toISOString(),
      detail,
    });
  };
  const isAnother = open !== undefined && level !== null && level.onsetMs !== open.onsetMs;
  if (open !== undefined && (level === null || isAnother)) {
    delete patient.open[condition];
    patient.ended[condition] = { onsetMs: open.onsetMs, occurrence: open.occurrence };
    tell('end', { ...open, sequence: open.sequence + 1 }, {});
  }
  if (level === null) return events;
  const { priority, onsetMs, detail } = level;
  if (open === undefined || isAnother) {
    // A device that sends again what it has sent may end and raise an alert of one onset twice.
    const ended = patient.ended[condition];
    const occurrence = ended?.onsetMs === onsetMs ? ended.occurrence + 1 : 1;
    const alertId = alertIdOf(patient.patientId, condition, onsetMs, occurrence);
    const alert = { alertId, onsetMs, priority, kind, sequence: 1, occurrence };
    patient.open[condition] = alert;
    tell('start', alert, detail);
  } else if (priority !== open.priority) {
    const alert = { ...open, priority, sequence: open.sequence + 1 };
    patient.open[condition] = alert;
    tell(isHigher(priority, open.priority) ? 'escalate' : 'update', alert, detail);
  }
  return events;
}

const NOTHING: readonly AlertEvent[] = [];
