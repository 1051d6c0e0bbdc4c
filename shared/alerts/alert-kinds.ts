/**
 * The arrhythmias an alert can report: the one place to extend. Terms as bedside monitors name them
 * (IEC 60601-2-27 lethal arrhythmias; ISO/IEEE 11073-10101 event terms), shortened to the labels our recordings use.
 */
export const ALERT_KINDS = {
  ASYSTOLE: 'asystole',
  VFIB: 'ventricular fibrillation',
  VT: 'ventricular tachycardia',
  SVTA: 'supraventricular tachyarrhythmia',
  AVB: 'atrioventricular block',
  AFIB: 'atrial fibrillation',
  BRADY: 'bradycardia',
  TACHY: 'tachycardia',
} as const;

export type AlertKind = keyof typeof ALERT_KINDS;

/** Alarm priorities of IEC 60601-1-8, with the staff response that the standard attaches to each. */
export const SEVERITIES = {
  high: 'immediate response',
  medium: 'prompt response',
  low: 'awareness',
} as const;

export type Severity = keyof typeof SEVERITIES;

const ORDER = Object.keys(SEVERITIES) as Severity[];

/** Has to be answered before the other. */
export const isMoreUrgent = (one: Severity, other: Severity): boolean => ORDER.indexOf(one) < ORDER.indexOf(other);
