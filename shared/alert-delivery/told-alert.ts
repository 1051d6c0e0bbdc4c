import type { AlertItem } from '../alert-desk/alert-item.ts';
import { config } from '../config.ts';
import { hashPatientId } from '../observability/patient-id.ts';
import { isKindCode, KINDS } from '../vitals/kinds.ts';
import type { HttpSettings } from './channel-settings.ts';

/** What is told on a channel: of which alert, to whom, and which news it is. */
export interface Notice {
  readonly deliveryId: string;
  readonly kind: 'ask' | 're-alarm' | 'remind' | 'retract';
  readonly version: number;
  readonly role: string | null;
  readonly people: readonly string[];
  /** One of many at once: the next of its id replaces it. `isLouder`: to be heard, not only shown. */
  readonly group: { readonly id: string; readonly count: number; readonly isLouder: boolean } | null;
  /** As it is at the moment of sending, not as it was when the notice was made. */
  readonly alert: AlertItem;
}

/** Of an alert, what a system of somebody else may know: where to go and why, and of the patient no more than is allowed. */
export function toldAlert(alert: AlertItem, identifiers: HttpSettings['identifiers']) {
  const { alertId, ward, bed, rule, condition, category, kind, priority, status, onset, openedAt, updatedAt } = alert;
  const place = { alertId, ward, bed, rule, condition, category, kind, priority, status, onset, openedAt, updatedAt };
  if (identifiers === 'none') return place;
  const patientId = identifiers === 'plain' ? alert.patientId : hashPatientId(alert.patientId, config().patientHashKey);
  // A reading says more of a patient than that they are in danger.
  return { ...place, patientId, detail: alert.detail };
}

/** One line for a pager: where, and what. */
export function headline({ ward, bed, priority, kind, rule }: AlertItem): string {
  const what = kind !== null && isKindCode(kind) ? `${KINDS[kind].short} (${rule})` : rule;
  return `${priority} priority: ${what}, ${ward} ${bed}`;
}
