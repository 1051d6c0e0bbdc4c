import { setTimeout as sleep } from 'node:timers/promises';
import { fullJitterMs } from '../../localstack/triggers/jitter.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import type { Log } from '../observability/logger.ts';
import type { Database } from '../postgres/database.ts';
import { listen } from '../postgres/listen.ts';
import { readThresholds } from './threshold-document.ts';
import { loggedScope } from './threshold-scope.ts';
import { readDocuments, type StoredDocument } from './threshold-store.ts';
import { type ThresholdView, viewOf } from './threshold-view.ts';

/** Whoever judges readings cannot wait for a database that is away: the built-in thresholds are better than none. */
const FIRST_LOAD_LIMIT_MS = 2_000;
const RETRY_DELAY = { minimumMs: 100, maximumMs: 5_000 };
const CHANNEL = 'vitals_thresholds';
/** In place of a scope: any may have changed. */
const ALL = '*';

export interface ThresholdBookOptions {
  database: Database;
  /** Of the same database, for a session that hears of changes. */
  url: string;
  log: Log;
  recordMetric: RecordMetric;
}

export interface ThresholdBook {
  /** What holds now; another one after each change. */
  view(): ThresholdView;
  close(): Promise<void>;
}

/**
 * All thresholds in memory, kept as they are in the database: a change is here some milliseconds after its commit. While the
 * database is away the last known ones hold, from the start the built-in ones. A scope whose document contradicts itself is
 * left out, loudly: the next wider one holds instead.
 */
export async function loadThresholdBook(options: ThresholdBookOptions): Promise<ThresholdBook> {
  const { database, url, log, recordMetric } = options;
  let view = viewOf({});
  const broken = new Set<string>();
  const changed = new Set<string>();
  const closing = new AbortController();
  const loaded = Promise.withResolvers<void>();
  let isListening = false;
  let isFollowing: boolean | undefined;
  let refreshing: Promise<void> | undefined;

  function follow(now: boolean): void {
    if (now === isFollowing) return;
    isFollowing = now;
    recordMetric('thresholds_followed', now ? 1 : 0);
  }

  function check({ scope, document }: StoredDocument): void {
    const read = readThresholds(document);
    if ('thresholds' in read) return;
    broken.add(scope);
    log.error('thresholds are broken and left out', { ...loggedScope(scope), fault: read.fault });
  }

  async function load(scopes: readonly string[] | undefined): Promise<void> {
    const read = await readDocuments(scopes, { database, recordMetric });
    const renewed = new Set(scopes ?? Object.keys(view.documents));
    const kept = Object.entries(view.documents).filter(([scope]) => !renewed.has(scope));
    for (const scope of renewed) broken.delete(scope);
    read.forEach(check);
    const next = viewOf(
      Object.fromEntries([...kept, ...read.map(({ scope, document }) => [scope, document] as const)]),
    );
    // After a reconnection all is read, and most often nothing has changed.
    if (next.text !== view.text) view = next;
    recordMetric('thresholds_broken_scopes', broken.size);
    const count = Object.keys(next.documents).length - broken.size;
    log.info('thresholds read', { changed: read.length, scopes: count, broken: broken.size });
  }

  /** Until nothing is left that has changed; what changes meanwhile is read once more. */
  async function refresh(): Promise<void> {
    for (let failures = 0; changed.size > 0 && isListening; ) {
      const scopes = [...changed];
      changed.clear();
      try {
        await load(scopes.includes(ALL) ? undefined : scopes);
        failures = 0;
        loaded.resolve();
      } catch (error) {
        for (const scope of scopes) changed.add(scope);
        failures += 1;
        follow(false);
        log.warn('thresholds could not be read: those before hold', { error });
        const { signal } = closing;
        // Aborted when the book is closed: then there is nothing to wait for.
        await sleep(fullJitterMs(failures, RETRY_DELAY, Math.random()), undefined, { signal, ref: false }).catch(
          () => undefined,
        );
      }
    }
    if (isListening) follow(true);
    refreshing = undefined;
  }

  function hear(scope: string): void {
    changed.add(scope);
    // Before it is listening, all are still to be read.
    if (isListening) refreshing ??= refresh();
  }

  const listening = listen({
    url,
    channel: CHANNEL,
    applicationName: 'heartline-thresholds',
    onMessage: hear,
    onListening() {
      isListening = true;
      hear(ALL);
    },
    onLost(error) {
      isListening = false;
      if (isFollowing !== false) log.warn('changes of thresholds are not heard of: those before hold', { error });
      follow(false);
    },
  });

  const timer = setTimeout(() => {
    log.error('thresholds are not read yet: the built-in ones hold until they are');
    loaded.resolve();
  }, FIRST_LOAD_LIMIT_MS);
  await loaded.promise;
  clearTimeout(timer);

  return {
    view: () => view,
    async close() {
      isListening = false;
      closing.abort();
      await listening.close();
      await refreshing;
    },
  };
}
