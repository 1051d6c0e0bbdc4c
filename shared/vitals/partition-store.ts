import type { Log } from '../observability/logger.ts';
import type { Database } from '../postgres/database.ts';

/** There are always partitions for two hours to come: a dozen attempts may fail before one is missed. */
const KEEP_EVERY_MS = 10 * 60 * 1_000;

/**
 * Makes the hourly partitions of vitals.readings that are needed, and drops those whose readings are no longer kept.
 * @throws TransientError when the database is away or slow: nothing was done
 */
export async function keepPartitions(database: Database): Promise<{ made: number; dropped: number }> {
  const statement = { name: 'keep-partitions', text: 'SELECT * FROM vitals.keep_partitions()', values: [] };
  const [kept] = await database.query<{ made: number; dropped: number }>(statement);
  return kept ?? { made: 0, dropped: 0 };
}

export interface PartitionKeeper {
  /** Keeps them if it is time to. Never throws: there is time until one is missed, and then the store makes it itself. */
  whenDue(database: Database, log: Log): Promise<void>;
}

/** One for a process: whoever asks while it is under way waits for the same. */
export function createPartitionKeeper(): PartitionKeeper {
  let dueAtMs = 0;
  let underWay: Promise<void> | undefined;

  async function keep(database: Database, log: Log): Promise<void> {
    try {
      const { made, dropped } = await keepPartitions(database);
      dueAtMs = performance.now() + KEEP_EVERY_MS;
      if (made + dropped > 0) log.info('partitions of readings kept', { made, dropped });
    } catch (error) {
      log.warn('partitions of readings were not kept', { error });
    } finally {
      underWay = undefined;
    }
  }

  return {
    async whenDue(database, log) {
      if (performance.now() < dueAtMs) return;
      underWay ??= keep(database, log);
      await underWay;
    },
  };
}
