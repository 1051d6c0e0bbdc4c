// What the station knows of its ward, from what it is told; no clock, no I/O.
import type { WardSnapshot } from '../../../shared/alert-desk/alert-item.ts';
import type { VitalsMessage } from '../../../shared/vitals/vitals-message.ts';
import { type BedState, heard, type ListedBed, listed } from './bed-state.ts';
import { type LinkMessage, type LinkState, NO_LINK, takeLink } from './link-state.ts';

export interface WardState {
  readonly ward: string;
  /** Undefined: none has come yet. */
  readonly snapshot: WardSnapshot | undefined;
  readonly beds: ReadonlyMap<string, BedState>;
  readonly link: LinkState;
}

export type WardMessage =
  | { readonly type: 'snapshot'; readonly snapshot: WardSnapshot }
  | { readonly type: 'vitals'; readonly message: VitalsMessage; readonly arrivedMs: number }
  | { readonly type: 'beds'; readonly beds: readonly ListedBed[] }
  | LinkMessage;

export const emptyWard = (ward: string): WardState => ({ ward, snapshot: undefined, beds: new Map(), link: NO_LINK });

/** The state after these messages, in their order; the same object where they change nothing. */
export function take(before: WardState, messages: readonly WardMessage[]): WardState {
  let { snapshot, link } = before;
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
      case 'vitals':
        set(heard(known(message.message.bed), message.message, message.arrivedMs));
        break;
      case 'beds':
        for (const bed of message.beds) set(listed(known(bed.bed), bed));
        break;
      default:
        link = takeLink(link, message);
    }
  }
  if (snapshot === before.snapshot && link === before.link && beds === undefined) return before;
  return { ...before, snapshot, link, beds: beds ?? before.beds };
}

/** Of two snapshots the one with the higher revision holds: an older one may come later, by a second way. */
function newer(held: WardSnapshot | undefined, come: WardSnapshot, ward: string): WardSnapshot | undefined {
  if (come.ward !== ward) return held;
  return held === undefined || come.revision > held.revision ? come : held;
}
