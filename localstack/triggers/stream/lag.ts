import { lagRecords, type StreamStatistics } from '../stream-client/offsets.ts';

interface Position {
  /** Up to where all is done, and stored where the trigger stores it. */
  readonly checkpoint: bigint | undefined;
  /** Of the last record received. */
  readonly lastOffset: bigint | undefined;
  /** Records from the checkpoint on that are here. */
  readonly inHand: number;
}

export interface LagMeter {
  /** Records between the checkpoint and the end of the partition: at least, by what RabbitMQ before 4.1 says. */
  measure(statistics: StreamStatistics, position: Position): bigint;
  /** Another time of being active begins. */
  restart(): void;
}

/** As many offsets behind the last record are easily the broker's own: one a stored checkpoint. */
const BOOKKEEPING_MAX = 1_000n;
/** Measurements (one a second) without a sign of a record before the rest is taken for the broker's own. */
const STILL_FEW = 1;
/** A read of an old segment may keep a reader waiting for seconds: much is called nothing only after this. */
const STILL_MUCH = 30;

/**
 * Measures one partition's lag again and again. A stream's last chunks may hold no records but what the broker keeps for
 * itself, stored offsets for one: with nothing in hand, a last chunk that is still the same at the next measurement and
 * of which nothing came is such a one. Where more is behind than that explains, it has to stay so for longer.
 */
export function lagMeter(): LagMeter {
  let before: { readonly chunk: bigint | undefined; readonly lastOffset: bigint | undefined } | undefined;
  let still = 0;
  return {
    measure(statistics, { checkpoint, lastOffset, inHand }) {
      const next = checkpoint ?? statistics.firstOffset ?? 0n;
      const received = lastOffset === undefined || lastOffset < next ? 0n : lastOffset - next + 1n;
      const chunk = statistics.committedChunkId;
      const isStill = before !== undefined && before.chunk === chunk && before.lastOffset === lastOffset;
      before = { chunk, lastOffset };
      still = isStill && inHand === 0 ? still + 1 : 0;
      const behind = lagRecords(statistics, next);
      if (inHand === 0 && still >= (behind > BOOKKEEPING_MAX ? STILL_MUCH : STILL_FEW)) return 0n;
      return behind > received ? behind : received;
    },
    restart() {
      before = undefined;
      still = 0;
    },
  };
}
