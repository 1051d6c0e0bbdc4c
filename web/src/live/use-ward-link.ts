import { useEffect } from 'react';
import type { Station } from '../views/station-context.ts';
import { followWard } from './ward-link.ts';

/** Follows the ward as long as its frame is there, and says of each snapshot that it is on the screen. */
export function useWardLink({ ward, session, store }: Station): void {
  useEffect(() => {
    const link = followWard(ward, session, store.post);
    let confirmed = -1;
    let isWaiting = false;
    const look = () => {
      const revision = store.get().snapshot?.revision;
      if (revision === undefined || revision <= confirmed || isWaiting) return;
      isWaiting = true;
      afterPaint(() => {
        isWaiting = false;
        // What has come meanwhile was painted with it or is looked at next.
        confirmed = revision;
        link.confirm(revision);
        look();
      });
    };
    const unsubscribe = store.subscribe(look);
    return () => {
      unsubscribe();
      link.close();
    };
  }, [ward, session, store]);
}

/** A frame begins before it is painted: with the second one the first is on the screen. A window that nobody sees has none. */
function afterPaint(then: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(then));
}
