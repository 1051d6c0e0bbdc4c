import type { Clock } from '../clock.ts';

/**
 * A clock that only its sleepers move: each sleep ends at once, late by `lateMs`, as a busy machine's timers do. Nothing in a test
 * that uses it depends on how fast the machine is.
 */
export function virtualClock(lateMs: () => number = () => 0): Clock {
  let nowMs = 0;
  const startMs = Date.UTC(2026, 0, 1);
  return {
    wallMs: () => startMs + nowMs,
    monotonicMs: () => nowMs,
    async sleep(durationMs) {
      nowMs += durationMs + lateMs();
    },
  };
}
