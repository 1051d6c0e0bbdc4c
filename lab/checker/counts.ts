import type { Fate } from './fates.ts';
import { distribution } from './quantile.ts';
import type { Counts } from './verdict.ts';

/** Counts as they grow. */
export interface Tally {
  add(fate: Fate): void;
  addPhantom(): void;
  counts(): Counts;
}

export function createTally(): Tally {
  const sums = {
    sent: 0,
    acknowledged: 0,
    delivered: 0,
    lost: 0,
    lostAcknowledged: 0,
    duplicated: 0,
    surplus: 0,
    phantom: 0,
    outOfOrder: 0,
    wrongKey: 0,
  };
  const latencies: number[] = [];
  return {
    add({ message, acknowledged, deliveries, firstDeliveredAtMs, outOfOrder, wrongKey }) {
      sums.sent += 1;
      sums.acknowledged += Number(acknowledged);
      if (firstDeliveredAtMs === undefined) {
        sums.lost += 1;
        sums.lostAcknowledged += Number(acknowledged);
        return;
      }
      sums.delivered += 1;
      sums.duplicated += Number(deliveries > 1);
      sums.surplus += deliveries - 1;
      sums.outOfOrder += Number(outOfOrder);
      sums.wrongKey += Number(wrongKey);
      latencies.push(firstDeliveredAtMs - message.atMs);
    },
    addPhantom() {
      sums.phantom += 1;
    },
    counts: () => ({ ...sums, latencyMs: distribution(latencies) }),
  };
}
