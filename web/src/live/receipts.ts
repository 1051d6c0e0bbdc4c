interface ReceiptParts {
  /** Of what is going to be on the screen with the next frame. */
  revision(): number | undefined;
  afterPaint(then: () => void): void;
  confirm(revision: number): void;
}

/**
 * Says of each revision that it is on the screen, once it was painted. `look`: something has changed; `told`: a snapshot has come:
 * of one that is shown already it is said again, since whoever sends it again has not heard it.
 */
export function createReceipts({ revision, afterPaint, confirm }: ReceiptParts) {
  let confirmed: number | undefined;
  let isWaiting = false;
  function look(): void {
    const shown = revision();
    if (shown === undefined || shown === confirmed || isWaiting) return;
    isWaiting = true;
    afterPaint(() => {
      isWaiting = false;
      // What has come meanwhile was painted with it or is looked at next.
      confirmed = shown;
      confirm(shown);
      look();
    });
  }
  function told(come: number): void {
    if (come !== revision()) return;
    confirmed = undefined;
    look();
  }
  return { look, told };
}
