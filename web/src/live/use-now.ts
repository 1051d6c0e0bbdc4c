import { useSyncExternalStore } from 'react';
import { nowMs } from './clock.ts';

const TICK_MS = 1_000;

let tickMs = nowMs();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    tickMs = nowMs();
    for (const one of listeners) one();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Our clock, once a second, the same for all that is shown. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => tickMs);
