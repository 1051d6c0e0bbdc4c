import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Api } from '../live/api.ts';
import type { Store } from '../live/store.ts';
import type { Session } from '../session/token.ts';
import type { WardMessage, WardState } from '../state/ward-state.ts';

/** What every view of a ward needs. */
export interface Station {
  readonly ward: string;
  readonly session: Session;
  readonly api: Api;
  readonly store: Store<WardState, WardMessage>;
}

export const StationContext = createContext<Station | undefined>(undefined);

export function useStation(): Station {
  const station = useContext(StationContext);
  if (station === undefined) throw new Error('a view of a ward outside of its frame');
  return station;
}

/** A part of the ward's state; the view is drawn again when that part is another object. */
export function useWard<Part>(part: (state: WardState) => Part): Part {
  const { store } = useStation();
  return useSyncExternalStore(store.subscribe, () => part(store.get()));
}
