import type { StreamStatistics } from '../stream-client/offsets.ts';

/** Offsets that were not received: from the first of them to the one that was received after them. */
interface Gap {
  readonly from: bigint;
  readonly to: bigint;
}

export interface LossCounter {
  /** @param ask reads the stream's statistics; called after the gap was seen, one question at a time */
  gap(gap: Gap, ask: () => Promise<StreamStatistics>): void;
}

/**
 * Tells which gaps are records that the stream's retention has removed. Offsets also skip what the broker keeps for itself
 * (each stored checkpoint takes one), so a gap alone proves no loss; that the stream now begins behind it does. However
 * many gaps are seen, one question is under way.
 */
export function lossCounter(
  lost: (loss: { readonly records: number; readonly from: bigint; readonly firstOffset: bigint }) => void,
  failed: (error: unknown) => void,
): LossCounter {
  let waiting: Gap[] = [];
  let asking = false;

  async function look(ask: () => Promise<StreamStatistics>): Promise<void> {
    asking = true;
    try {
      while (waiting.length > 0) {
        const gaps = waiting;
        waiting = [];
        const { firstOffset } = await ask();
        if (firstOffset === undefined) continue;
        for (const { from, to } of gaps) {
          // What was received behind the gap is not lost, though it may have been removed since.
          const records = Number((firstOffset < to ? firstOffset : to) - from);
          if (records > 0) lost({ records, from, firstOffset });
        }
      }
    } catch (error) {
      waiting = [];
      failed(error);
    } finally {
      asking = false;
    }
  }

  return {
    gap(gap, ask) {
      waiting.push(gap);
      if (!asking) void look(ask);
    },
  };
}
