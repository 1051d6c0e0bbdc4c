import { partsThatFit } from '../ward/status-line.ts';

/** What a live view and a summary show. All counts are since the start. */
export interface VitalsCounters {
  readonly beds: number;
  readonly wards: number;
  /** Wards that have a connection now. */
  readonly connected: number;
  /** Messages handed to a connection for the first time, and those of a lost connection that were handed to another. */
  readonly sent: number;
  readonly sentAgain: number;
  readonly acknowledged: number;
  /** In the messages that were sent. */
  readonly readings: number;
  /** Over the last seconds. */
  readonly readingsPerS: number;
  /** Sent or waiting to be. */
  readonly unacknowledged: number;
  /** Overwritten while there was no connection. */
  readonly dropped: number;
  /** Beds' turns that came more than a second late, or not at all. */
  readonly lateTicks: number;
}

/** One line, what matters most first; what is wrong is said when there is something, and what does not fit the width is not. */
export function vitalsLine(counters: VitalsCounters, width = Number.POSITIVE_INFINITY): string {
  const { beds, wards, connected, readingsPerS, unacknowledged, dropped, lateTicks } = counters;
  const parts = [`vitals ${beds} beds`, `${Math.round(readingsPerS)} readings/s`, `${unacknowledged} unacknowledged`];
  if (dropped > 0) parts.push(`${dropped} dropped`);
  if (lateTicks > 0) parts.push(`${lateTicks} late`);
  if (connected < wards) parts.push(`${wards - connected} of ${wards} wards without the broker`);
  return partsThatFit(parts, width);
}

/** Seconds that a rate is the mean of: long enough for what comes each 5 s. */
const METER_S = 5;
const MS_PER_S = 1_000;

/** Events a second over the last whole seconds. */
export interface Meter {
  add(count: number): void;
  perSecond(): number;
}

/** @param nowMs of a clock that does not go back */
export function createMeter(nowMs: () => number): Meter {
  const startS = Math.floor(nowMs() / MS_PER_S);
  const counts = new Map<number, number>();
  return {
    add(count) {
      const second = Math.floor(nowMs() / MS_PER_S);
      counts.set(second, (counts.get(second) ?? 0) + count);
      counts.delete(second - METER_S - 1);
    },
    perSecond() {
      const second = Math.floor(nowMs() / MS_PER_S);
      const seconds = Math.min(METER_S, second - startS);
      let sum = 0;
      for (let back = 1; back <= seconds; back += 1) sum += counts.get(second - back) ?? 0;
      return seconds > 0 ? sum / seconds : 0;
    },
  };
}
