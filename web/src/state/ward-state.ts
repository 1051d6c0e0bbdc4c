// What the station knows of its ward, from what it is told; no clock, no I/O.
import type { AlertItem, WardSnapshot } from '../../../shared/alert-desk/alert-item.ts';
import type { VitalsMessage } from '../../../shared/vitals/vitals-message.ts';
import { type BedState, heard, type ListedBed, listed, remembered } from './bed-state.ts';
import { type LinkMessage, type LinkState, NO_LINK, takeLink } from './link-state.ts';

export interface WardState {
  readonly ward: string;
  /** Undefined: none has come yet. */
  readonly snapshot: WardSnapshot | undefined;
  /** Of the snapshot, each as it was answered to a command where that is newer; undefined: no snapshot has come yet. */
  readonly alerts: readonly AlertItem[] | undefined;
  /** Answers that are newer than the snapshot. */
  readonly answered: ReadonlyMap<string, AlertItem>;
  readonly beds: ReadonlyMap<string, BedState>;
  readonly link: LinkState;
}

export type WardMessage =
  | { readonly type: 'snapshot'; readonly snapshot: WardSnapshot }
  | { readonly type: 'answered'; readonly alert: AlertItem }
  | { readonly type: 'vitals'; readonly message: VitalsMessage; readonly arrivedMs: number }
  | { readonly type: 'beds'; readonly beds: readonly ListedBed[] }
  | { readonly type: 'past'; readonly patientId: string; readonly trails: BedState['trails'] }
  | LinkMessage;

export const emptyWard = (ward: string): WardState => ({
  ward,
  snapshot: undefined,
  alerts: undefined,
  answered: new Map(),
  beds: new Map(),
  link: NO_LINK,
});

/** The state after these messages, in their order; the same object where they change nothing. */
export function take(before: WardState, messages: readonly WardMessage[]): WardState {
  let { snapshot, link, answered } = before;
  let beds: Map<string, BedState> | undefined;
  const set = (bed: BedState) => {
    beds ??= new Map(before.beds);
    beds.set(bed.bed, bed);
  };
  const known = (bed: string) => (beds ?? before.beds).get(bed);
  for (const message of messages) {
    switch (message.type) {
      case 'snapshot':
        snapshot = newer(snapshot, message.snapshot, before.ward);
        break;
      case 'answered':
        answered = withAnswer(answered, message.alert);
        break;
      case 'vitals':
        set(heard(known(message.message.bed), message.message, message.arrivedMs));
        break;
      case 'beds':
        for (const bed of message.beds) set(listed(known(bed.bed), bed));
        break;
      case 'past': {
        const bed = [...(beds ?? before.beds).values()].find(({ patientId }) => patientId === message.patientId);
        if (bed !== undefined) set(remembered(bed, message.trails));
        break;
      }
      default:
        link = takeLink(link, message);
    }
  }
  const isSame = snapshot === before.snapshot && answered === before.answered;
  if (isSame && link === before.link && beds === undefined) return before;
  const shown = isSame ? before : withAnswers(snapshot, answered);
  return { ...before, snapshot, link, answered: shown.answered, alerts: shown.alerts, beds: beds ?? before.beds };
}

/** Answers may come in another order than they were given in. */
function withAnswer(answered: ReadonlyMap<string, AlertItem>, alert: AlertItem): ReadonlyMap<string, AlertItem> {
  const held = answered.get(alert.alertId);
  if (held !== undefined && held.version >= alert.version) return answered;
  return new Map(answered).set(alert.alertId, alert);
}

/** Who gives a command sees what it came to at once; the snapshot that says the same to all is a moment behind. */
function withAnswers(snapshot: WardSnapshot | undefined, answered: ReadonlyMap<string, AlertItem>) {
  const held = new Map(snapshot?.alerts.map((alert) => [alert.alertId, alert.version]));
  const newer = [...answered].filter(([alertId, { version }]) => version > (held.get(alertId) ?? Infinity));
  const kept = new Map(newer);
  const alerts = snapshot?.alerts
    .map((alert) => kept.get(alert.alertId) ?? alert)
    .filter(({ phase, ward }) => phase !== 'closed' && ward === snapshot.ward);
  return { answered: kept, alerts };
}

/** More than the clocks of a hospital's machines differ by. */
const SURELY_LATER_MS = 10_000;

/**
 * Of two snapshots the one with the higher revision holds: an older one may come later, by a second way. But one that was taken so
 * much later is no older one: the database was put back or emptied and counts anew, and whoever waited for the old count would show
 * none of its alerts.
 */
function newer(held: WardSnapshot | undefined, come: WardSnapshot, ward: string): WardSnapshot | undefined {
  if (come.ward !== ward) return held;
  if (held === undefined || come.revision > held.revision) return come;
  const isCountedAnew = come.revision < held.revision && Date.parse(come.at) - Date.parse(held.at) > SURELY_LATER_MS;
  return isCountedAnew ? come : held;
}
