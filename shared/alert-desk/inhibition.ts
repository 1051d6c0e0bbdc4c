// What one alert explains needs no alerts beside it: without an electrode there is no ECG, and whoever comes for it sees to all.
import type { AlertState } from './alert-state.ts';
import type { DeskInput } from './desk-input.ts';

/** By the condition that explains. Heart rate and respiration are measured with the electrodes of the ECG. */
const EXPLAINS: ReadonlyMap<string, readonly string[]> = new Map([
  ['device/leads-off', ['no-data/ECG', 'no-data/HR', 'no-data/RR', 'bad-data/ECG']],
]);

/** A second device's conditions end with its name, and are explained by that device alone (patient-state.ts). */
function explains(one: AlertState, other: AlertState): boolean {
  const [condition = '', ...device] = one.condition.split('@');
  const suffix = device.map((part) => `@${part}`).join('');
  const names = EXPLAINS.get(condition)?.map((name) => `${name}${suffix}`) ?? [];
  return one.patientId === other.patientId && names.includes(other.condition);
}

/**
 * What has to be said to which alerts so that exactly those that another explains are inhibited. To be asked after each change,
 * before notifications leave: what has just begun and is explained is then retracted before anybody has been told.
 * An alert that is closed by hand explains nothing: nobody sees it.
 * @param alerts of a patient, or of several
 */
export function inhibitionChanges(alerts: readonly AlertState[], atMs: number): ReadonlyMap<string, DeskInput> {
  const active = alerts.filter(({ phase }) => phase === 'active');
  const explaining = active.filter(({ condition }) => EXPLAINS.has(condition.split('@')[0] ?? ''));
  const changes = new Map<string, DeskInput>();
  for (const alert of active) {
    const by = explaining.find((other) => explains(other, alert) && alert.priority === 'low');
    if (by === undefined && alert.inhibitedBy !== null) changes.set(alert.alertId, { input: 'lift', atMs });
    if (by !== undefined && alert.inhibitedBy === null) {
      changes.set(alert.alertId, { input: 'inhibit', by: by.alertId, atMs });
    }
  }
  return changes;
}
