import { setTimeout as after } from 'node:timers/promises';
import { HeartlineError } from '../errors.ts';
import { database } from '../postgres/process-database.ts';
import type { QueueFailure, QueueRecord } from '../queue/queue-handler.ts';
import type { Trail } from '../telemetry.ts';
import { postToConnection } from '../websocket/management-api.ts';
import type { QueuedChange } from './event-change.ts';
import { closeFeeds, feedsAt, type OpenFeed } from './feed-store.ts';

/** A connection is in the database before it is open, by the rest of the handshake: so long `gone` may mean `not yet`. */
const OPENING_MS = 1_000;
const LOOK_AGAIN_MS = 50;
/** Feeds told at once. A post is two milliseconds of this process and the gateway's, one after the other on one machine. */
const AT_ONCE = 10;

type ChangeRecord = QueueRecord<QueuedChange>;

async function postOnceOpen({ endpoint, connectionId, ageMs }: OpenFeed, readMs: number, value: object) {
  for (;;) {
    const outcome = await postToConnection(endpoint, connectionId, value);
    if (outcome === 'sent' || ageMs + performance.now() - readMs > OPENING_MS) return outcome;
    await after(LOOK_AGAIN_MS);
  }
}

/**
 * Tells each change to the feeds that it is for: one after the other to a feed, to some feeds at once. A connection that is gone
 * loses its feed. After a failure a feed gets no more of the batch, so that nothing overtakes; those that got a change get
 * it again when its message comes again.
 * @returns the messages that did not reach all that they were for
 * @throws TransientError when the database is away or slow: the whole batch comes again
 */
export async function pushChanges(
  records: readonly ChangeRecord[],
  { log, recordMetric }: Trail,
): Promise<QueueFailure[]> {
  const context = { database: database(), recordMetric };
  const feeds = await feedsAt([...new Set(records.map(({ message }) => message.endpoint))], context);
  const readMs = performance.now();
  const inOrder = records.toSorted((a, b) => a.message.number - b.message.number);
  const failed = new Map<string, HeartlineError>();
  const gone: string[] = [];

  async function tell(feed: OpenFeed): Promise<void> {
    const { connectionId, endpoint, patientId } = feed;
    const mine = inOrder.filter(
      ({ message }) => message.endpoint === endpoint && (patientId ?? message.patientId) === message.patientId,
    );
    for (const [index, { message }] of mine.entries()) {
      const { endpoint: _, ...change } = message;
      try {
        const outcome = await postOnceOpen(feed, readMs, change);
        recordMetric('event_changes_pushed_total', 1, { outcome });
        if (outcome === 'gone') {
          gone.push(connectionId);
          return;
        }
        recordMetric('event_change_latency_ms', Math.max(0, Date.now() - Date.parse(change.at)));
      } catch (error) {
        if (!(error instanceof HeartlineError)) throw error;
        recordMetric('event_changes_pushed_total', 1, { outcome: 'failed' });
        log.warn('feed not reached', { connectionId, error });
        for (const { messageId } of mine.slice(index)) failed.set(messageId, error);
        return;
      }
    }
  }

  const waiting = feeds.values();
  const tellNext = async () => {
    for (const feed of waiting) await tell(feed);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, tellNext));
  await closeFeeds(gone, context);
  if (gone.length > 0) log.info('feeds closed: their connections are gone', { connectionIds: gone });
  return [...failed].map(([messageId, error]) => ({ messageId, error }));
}
