import { lagRecords, type StreamStatistics } from '../stream-client/offsets.ts';

interface Position {
  /** The stored checkpoint. */
  readonly stored: bigint | undefined;
  /** Of the last record received. */
  readonly lastOffset: bigint | undefined;
  /** Records from the checkpoint on that are here. */
  readonly inHand: number;
}

export interface LagMeter {
  /** Records between the stored checkpoint and the end of the partition: at least, by what RabbitMQ before 4.1 says. */
  measure(statistics: StreamStatistics, position: Position): bigint;
}

/**
 * Measures one partition's lag again and again. A stream's last chunk may hold no records but what the broker keeps for
 * itself, stored offsets for one: with nothing in hand, a last chunk that is still the same at the next measurement and
 * of which nothing came is such a one.
 */
export function lagMeter(): LagMeter {
  let before: { readonly chunk: bigint | undefined; readonly lastOffset: bigint | undefined } | undefined;
  return {
    measure(statistics, { stored, lastOffset, inHand }) {
      const next = stored ?? statistics.firstOffset ?? 0n;
      const received = lastOffset === undefined || lastOffset < next ? 0n : lastOffset - next + 1n;
      const chunk = statistics.committedChunkId;
      const isStill = before !== undefined && before.chunk === chunk && before.lastOffset === lastOffset;
      before = { chunk, lastOffset };
      if (inHand === 0 && isStill) return 0n;
      const behind = lagRecords(statistics, next);
      return behind > received ? behind : received;
    },
  };
}
