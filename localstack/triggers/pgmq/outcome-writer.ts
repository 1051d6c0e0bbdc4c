import type { Failure } from '../event-source.ts';
import { fullJitterMs } from '../jitter.ts';
import type { SourceContext } from '../source-context.ts';
import type { QueueRecord } from './event.ts';
import type { QueueStore } from './queue-store.ts';
import { RECONNECT_DELAY } from './tuning.ts';

/** What is to become of a record. */
type Disposition = { readonly record: QueueRecord } & (
  | { readonly type: 'delete' }
  | { readonly type: 'retry'; readonly delayMs: number; readonly counted: boolean }
  | { readonly type: 'giveBack' }
  | { readonly type: 'deadLetter'; readonly failure: Failure }
);

export interface OutcomeWriter {
  write(dispositions: readonly Disposition[]): void;
  pending(): number;
  /** Resolves when all that was handed in is written or given up on. */
  idle(): Promise<void>;
  /** Writes nothing more; returns the records whose disposition is lost. */
  abandon(): readonly QueueRecord[];
}

/** Writes one group of dispositions; returns those that have to be tried again. */
async function apply(store: QueueStore, items: readonly Disposition[], context: SourceContext): Promise<Disposition[]> {
  const deletes = items.filter((item) => item.type === 'delete');
  const retries = items.filter((item) => item.type === 'retry');
  const returns = items.filter((item) => item.type === 'giveBack');
  const locked = deletes.length === 0 ? [] : await store.delete(deletes.map(({ record }) => record));
  if (retries.length > 0) await store.retry(retries);
  if (returns.length > 0) await store.giveBack(returns.map(({ record }) => record));
  for (const item of items) {
    if (item.type !== 'deadLetter') continue;
    const moved = await store.deadLetter(item.record, item.failure);
    if (!moved) continue;
    const { id: messageId, attempt } = item.record;
    context.emit({ type: 'recordDeadLettered', messageId, attempt, code: item.failure.code });
    const fields = { ...context.fields, messageId, attempt, failure: item.failure };
    context.logger.error('record given up on and moved to the dead-letter queue', fields);
  }
  return deletes.filter(({ record }) => locked.includes(record.id));
}

/**
 * Writes dispositions to the queue. What arrives while a statement runs goes with the next one, so a busy source
 * commits once for many batches. A failed write is repeated with back-off until the record's visibility timeout has
 * passed: then the database hands the message out again, which settles it.
 */
export function outcomeWriter(store: QueueStore, context: SourceContext): OutcomeWriter {
  const { clock, random, outage, logger, fields } = context;
  let queued: Disposition[] = [];
  let writing: readonly Disposition[] = [];
  let running = false;
  let abandoned = false;
  let wakePause: () => void = () => undefined;
  let waiting: (() => void)[] = [];

  function withoutExpired(items: readonly Disposition[]): Disposition[] {
    const kept = items.filter(({ record }) => clock.nowMs() < record.visibleUntilMs);
    const lost = items.length - kept.length;
    if (lost > 0) {
      logger.warn('outcomes not written within the visibility timeout; their records are delivered again', {
        ...fields,
        messageIds: items.filter((item) => !kept.includes(item)).map(({ record }) => record.id),
      });
    }
    return kept;
  }

  function pause(failures: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(fullJitterMs(failures, RECONNECT_DELAY, random()), resolve);
      wakePause = () => {
        cancel();
        resolve();
      };
    });
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (queued.length > 0 && !abandoned) {
      writing = queued;
      queued = [];
      let again: readonly Disposition[];
      try {
        again = await apply(store, writing, context);
        outage.worked('writing');
      } catch (error) {
        outage.failed('writing', error);
        again = writing;
      }
      writing = [];
      if (again.length === 0) {
        failures = 0;
        continue;
      }
      failures += 1;
      queued = [...withoutExpired(again), ...queued];
      if (!abandoned) await pause(failures);
    }
  }

  function start(): void {
    if (running || abandoned) return;
    running = true;
    void run().finally(() => {
      running = false;
      if (queued.length > 0 && !abandoned) return start();
      for (const resolve of waiting) resolve();
      waiting = [];
    });
  }

  return {
    write(dispositions) {
      queued.push(...dispositions);
      if (queued.length > 0) start();
    },
    pending: () => queued.length + writing.length,
    idle: () => (running ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    abandon() {
      abandoned = true;
      wakePause();
      return [...writing, ...queued].map(({ record }) => record);
    },
  };
}
