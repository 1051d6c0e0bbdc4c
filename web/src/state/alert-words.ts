import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { ALERT_KINDS, type AlertKind } from '../../../shared/alerts/alert-kinds.ts';
import { roleName } from './words.ts';

type Detail = AlertItem['detail'];
type Words = (within: readonly string[], detail: Detail) => string;

const DEVICE: Readonly<Record<string, string>> = {
  'leads-off': 'ECG leads off',
  'sensor-off': 'Sensor off',
  'battery-low': 'Monitor battery low',
  fault: 'Monitor fault',
};

const isAlertKind = (text: string): text is AlertKind => Object.hasOwn(ALERT_KINDS, text);
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
/** A second device's conditions are named `…@device`. */
const bare = (text = '') => text.split('@')[0] ?? '';

/** What each rule (shared/vitals/rules) has found, as one says it across a ward. */
const WORDS: Readonly<Record<string, Words>> = {
  threshold([short, side], { value, limit, severe }) {
    const bound = severe ?? limit;
    const than = bare(side) === 'low' ? 'below' : 'above';
    const isSevere = severe !== undefined && severe !== null;
    return `${short} ${value ?? ''} ${isSevere ? 'far ' : ''}${than}${bound === null || bound === undefined ? ' its limit' : ` ${bound}`}`;
  },
  trend([short, direction], { change, overS }) {
    const minutes = typeof overS === 'number' ? ` in ${Math.round(overS / 60)} min` : '';
    const by = typeof change === 'number' ? ` ${change > 0 ? '+' : '−'}${Math.abs(change)}` : '';
    return `${short} ${bare(direction) === 'falling' ? 'falling' : 'rising'}${by}${minutes}`;
  },
  news2: (_within, { score }) => `NEWS2 score ${score ?? ''}`.trim(),
  arrhythmia([rhythm]) {
    const kind = bare(rhythm);
    return isAlertKind(kind) ? capital(ALERT_KINDS[kind]) : kind;
  },
  'no-data': ([what]) => (bare(what) === 'device' ? 'Monitor silent' : `No ${bare(what)} data`),
  'bad-data': ([sensor]) => `${bare(sensor)} signal cannot be used`,
  device: ([status]) => DEVICE[bare(status)] ?? `Monitor says ${bare(status)}`,
  unassigned: () => 'Nobody on duty for this alert',
  delivery: ([channel]) => `Alerts do not get through: ${bare(channel)}`,
};

/** What is the matter, in a few words. */
export function alertText({ rule, condition, detail }: Pick<AlertItem, 'rule' | 'condition' | 'detail'>): string {
  const within = condition.split('/').slice(1);
  const words = Object.hasOwn(WORDS, rule) ? WORDS[rule] : undefined;
  return words === undefined ? condition : words(within, detail);
}

/** The same for a tile: rhythms by the letters that everybody knows. */
export const alertShortText = (alert: Pick<AlertItem, 'rule' | 'condition' | 'detail'>): string =>
  alert.rule === 'arrhythmia' ? bare(alert.condition.split('/')[1]) : alertText(alert);

/** Of a rule (shared/vitals/rules), for tables. */
const RULES: Readonly<Record<string, string>> = {
  threshold: 'Limit',
  trend: 'Trend',
  news2: 'NEWS2',
  arrhythmia: 'Arrhythmia',
  'no-data': 'No data',
  'bad-data': 'Bad signal',
  device: 'Monitor',
  unassigned: 'Nobody on duty',
  delivery: 'Delivery',
};
export const ruleText = (rule: string): string => RULES[rule] ?? rule;

/** Who has it, or who is asked. */
export function ownerText({ owner, asked, phase, inhibitedBy }: AlertItem): string {
  if (owner !== null) return `${owner.id} has it`;
  if (phase === 'resolved') return 'is over';
  if (inhibitedBy !== null) return 'explained by another alert';
  return `asked: ${asked.id ?? roleName(asked.role)}`;
}
