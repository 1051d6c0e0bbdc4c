import { topicFault } from './topic-rules.ts';
import type { IotLogger } from './types.ts';

/** What is known of a topic. Each publish makes a new one: by it, who has asked the broker tells whether it is news. */
interface RetainedEntry {
  /** When the retained message was published (epoch ms), if that was seen. */
  readonly publishedAtMs: number | undefined;
}

/** Topics and when their messages were published, in JSON: epoch ms, null when that was not seen. */
export type SavedTopics = [topic: string, publishedAtMs: number | null][];

/** Which topics have a retained message, as far as is known here. */
export interface RetainedIndex {
  entry(topic: string): RetainedEntry | undefined;
  /** Notes that a message was published and retained now. */
  published(topic: string): void;
  /** Notes that a message is retained, or may be; since when is not known. */
  retained(topic: string): void;
  /** Notes that none is, seen or caused after `entry` was read; without effect when one was published meanwhile. */
  cleared(topic: string, entry: RetainedEntry | undefined): void;
  /** Up to `limit` topics after `after`, in the order of their code units. */
  page(after: string, limit: number): string[];
}

/** Some MB of memory. */
export const MAX_TOPICS = 50_000;

/** An index of what is saved, at first. `onChange` gets the way to take what is to be saved then. */
export function retainedIndex(
  saved: SavedTopics,
  onChange: (topics: () => SavedTopics) => void,
  logger: IotLogger,
): RetainedIndex {
  const topics = new Map<string, RetainedEntry>();
  let saidFull = false;

  /** Not what AWS would not have, as a device's topic of 60 KB: GetRetainedMessage refuses it, too. */
  function add(topic: string, publishedAtMs: number | undefined): void {
    if (topicFault(topic) !== undefined) return;
    if (topics.has(topic) || topics.size < MAX_TOPICS) {
      topics.set(topic, { publishedAtMs });
      return;
    }
    if (!saidFull) logger.warn('more retained topics than are kept track of', { topics: MAX_TOPICS });
    saidFull = true;
  }

  for (const [topic, publishedAtMs] of saved) add(topic, publishedAtMs ?? undefined);
  const changed = () => onChange(() => [...topics].map(([topic, { publishedAtMs }]) => [topic, publishedAtMs ?? null]));

  return {
    entry: (topic) => topics.get(topic),
    published(topic) {
      add(topic, Date.now());
      changed();
    },
    retained(topic) {
      if (topics.has(topic)) return;
      add(topic, undefined);
      changed();
    },
    cleared(topic, entry) {
      if (entry === undefined || topics.get(topic) !== entry) return;
      topics.delete(topic);
      changed();
    },
    page: (after, limit) =>
      [...topics.keys()]
        .filter((topic) => topic > after)
        .sort()
        .slice(0, limit),
  };
}
