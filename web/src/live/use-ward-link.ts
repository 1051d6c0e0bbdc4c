import { useEffect } from 'react';
import type { WardMessage } from '../state/ward-state.ts';
import type { Station } from '../views/station-context.ts';
import { createReceipts } from './receipts.ts';
import { followWard } from './ward-link.ts';

/** Follows the ward as long as its frame is there, and says of each snapshot that it is on the screen. */
export function useWardLink({ ward, session, store }: Station): void {
  useEffect(() => {
    const link = followWard(ward, session, (message: WardMessage) => {
      if (message.type === 'snapshot') receipts.told(message.snapshot.revision);
      store.post(message);
    });
    const receipts = createReceipts({
      revision: () => store.get().snapshot?.revision,
      afterPaint,
      confirm: link.confirm,
    });
    const unsubscribe = store.subscribe(receipts.look);
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
