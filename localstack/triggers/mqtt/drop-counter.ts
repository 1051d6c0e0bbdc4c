import type { DropReason } from '../event-source.ts';
import type { SourceContext } from '../source-context.ts';

/** Counts are told once in this time, however many messages are dropped. */
const REPORT_EVERY_MS = 1_000;
/** An episode is over when nothing was dropped for this long. */
const QUIET_MS = 5_000;

const BEGINNING: Readonly<Record<DropReason, string>> = {
  overflow: 'messages are dropped: handlers are slower than messages come, and the queue is full',
  too_large: 'messages are dropped: larger than maximumPayloadBytes',
  retained: 'retained messages are ignored',
  stopped: 'messages are dropped: the event source stops',
};

interface Episode {
  records: number;
  unreported: number;
  readonly sinceMs: number;
  lastMs: number;
  largestBytes: number;
}

/**
 * Counts dropped messages: one line when an episode begins, one with the number when it ends. Of messages that are too
 * large the first says how large it was, the second how large they came: by that a device is found, not by its topic.
 */
export interface DropCounter {
  dropped(reason: DropReason, bytes: number): void;
  /** Tells what has not been told; nothing is told after it. */
  close(): void;
}

export function dropCounter({ clock, emit, logger, fields }: SourceContext, maximumPayloadBytes: number): DropCounter {
  const episodes = new Map<DropReason, Episode>();
  let cancel: (() => void) | undefined;

  function tell(reason: DropReason, episode: Episode): void {
    if (episode.unreported === 0) return;
    emit({ type: 'recordsDropped', records: episode.unreported, reason });
    episode.unreported = 0;
  }

  function end(reason: DropReason, { records, sinceMs, lastMs, largestBytes }: Episode): void {
    episodes.delete(reason);
    const level = reason === 'retained' ? 'info' : 'warn';
    const sizes = reason === 'too_large' ? { largestBytes } : {};
    const forMs = Math.round(lastMs - sinceMs);
    logger[level]('messages were dropped', { ...fields, reason, records, forMs, ...sizes });
  }

  function look(): void {
    cancel = undefined;
    const nowMs = clock.nowMs();
    for (const [reason, episode] of episodes) {
      tell(reason, episode);
      if (nowMs - episode.lastMs >= QUIET_MS) end(reason, episode);
    }
    if (episodes.size > 0) cancel = clock.after(REPORT_EVERY_MS, look);
  }

  return {
    dropped(reason, bytes) {
      const nowMs = clock.nowMs();
      let episode = episodes.get(reason);
      if (episode === undefined) {
        episode = { records: 0, unreported: 0, sinceMs: nowMs, lastMs: nowMs, largestBytes: bytes };
        episodes.set(reason, episode);
        const sizes = reason === 'too_large' ? { bytes, maximumPayloadBytes } : {};
        logger[reason === 'retained' ? 'info' : 'warn'](BEGINNING[reason], { ...fields, ...sizes });
      }
      episode.records += 1;
      episode.unreported += 1;
      episode.lastMs = nowMs;
      episode.largestBytes = Math.max(episode.largestBytes, bytes);
      cancel ??= clock.after(REPORT_EVERY_MS, look);
    },
    close() {
      cancel?.();
      for (const [reason, episode] of episodes) {
        tell(reason, episode);
        end(reason, episode);
      }
    },
  };
}
