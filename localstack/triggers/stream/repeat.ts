import type { Clock } from '../clock.ts';

/** Does the work again and again, each time so long after the last has ended. Returns what ends it. */
export function repeat(
  clock: Clock,
  intervalMs: number,
  work: () => Promise<unknown>,
  failed: (error: unknown) => void,
): () => void {
  let ended = false;
  let cancel: () => void = () => undefined;
  const later = () => {
    cancel = clock.after(intervalMs, () => {
      void work()
        .catch(failed)
        .finally(() => {
          if (!ended) later();
        });
    });
  };
  later();
  return () => {
    ended = true;
    cancel();
  };
}
