import { useEffect } from 'react';
import type { ListedBed } from '../state/bed-state.ts';
import type { Station } from '../views/station-context.ts';

/** Limits change within a second where readings are judged; on the screen they may be so old. */
const EVERY_MS = 15_000;

/** What the server knows of the ward's beds, at once and then again and again: limits, and what was measured before we came. */
export function useListedBeds({ ward, api, store }: Station): void {
  useEffect(() => {
    let isLeft = false;
    const ask = async () => {
      const answer = await api.send<{ beds: readonly ListedBed[] }>({
        path: `/wards/${encodeURIComponent(ward)}/beds`,
      });
      if (!isLeft && answer.outcome === 'done') store.post({ type: 'beds', beds: answer.body.beds });
    };
    ask();
    const timer = setInterval(ask, EVERY_MS);
    return () => {
      isLeft = true;
      clearInterval(timer);
    };
  }, [ward, api, store]);
}
