// Waiting in a VU's event loop.

/** Resolves at that time. */
export function until(epochMs: number): Promise<void> {
  // A timer even when it is that time already: acknowledgements are read between timers only.
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, epochMs - Date.now())));
}

/** Resolves with the promise or at that time. No timer is left behind: it would keep the iteration from ending. */
export function settledBy(promise: Promise<unknown>, epochMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, epochMs - Date.now()));
    promise.then(() => {
      clearTimeout(timer);
      resolve();
    }, resolve);
  });
}
