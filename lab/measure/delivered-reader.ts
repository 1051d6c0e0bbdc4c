import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveredMessage } from '../checker/index.ts';
import { type NotificationPage, readNotificationPage } from './notification-page.ts';

const PAGE_LIMIT = 500;
const POLL_MS = 250;
/** Longer than a consumer takes to come back after a link was cut: what was on its way is listed by then. */
const QUIET_MS = 3_000;
const DEADLINE_MS = 60_000;

export interface DeliveredOptions {
  /** `http://127.0.0.1:3000` */
  readonly baseUrl: string;
  /** Of a list as GET /db-first/notifications is: in an order in which nothing can appear behind a cursor. */
  readonly path: string;
  /** Nothing that was notified earlier is asked for. */
  readonly sinceMs: number;
  /** Whose deliveries count: by a set the phantoms stay hidden, by a prefix those of this run show. */
  readonly of: { readonly prefix: string } | { readonly ids: ReadonlySet<string> };
  readonly headers?: Readonly<Record<string, string>>;
  /** How long nothing new must appear for the list to be complete. */
  readonly quietMs?: number;
  /** No request begins after it. */
  readonly deadlineMs?: number;
  readonly pageLimit?: number;
}

export interface Delivered {
  /** In the order of delivery. */
  readonly delivered: readonly DeliveredMessage[];
  /** False when something new still appeared at the deadline: there may be more. */
  readonly complete: boolean;
}

/**
 * Reads what reached staff, page by page to the list's end, and waits there until nothing new appears. Answers that may be better
 * next time (no connection, 429, 5xx) are asked for again until the deadline.
 * @throws PermanentError `lab_delivered` for an answer that is no page, TransientError `lab_delivered` when the deadline passes without
 *   the end of the list being read; both name the URL and the reason
 */
export async function readDelivered(options: DeliveredOptions): Promise<Delivered> {
  const { of, quietMs = QUIET_MS, deadlineMs = DEADLINE_MS, pageLimit = PAGE_LIMIT, headers = {} } = options;
  const counts = (id: string) => ('ids' in of ? of.ids.has(id) : id.startsWith(of.prefix));
  const delivered: DeliveredMessage[] = [];
  const deadline = performance.now() + deadlineMs;
  let cursor = new Date(options.sinceMs).toISOString();
  let quietSince = performance.now();
  for (;;) {
    const { notifications, nextCursor } = await pageAt(urlOf(options, cursor, pageLimit), headers, deadline);
    cursor = nextCursor;
    for (const { eventId, patientId, notifiedAt } of notifications) {
      if (counts(eventId)) delivered.push({ id: eventId, key: patientId, atMs: Date.parse(notifiedAt) });
    }
    if (notifications.length > 0) quietSince = performance.now();
    else if (performance.now() - quietSince >= quietMs) return { delivered, complete: true };
    if (performance.now() >= deadline) return { delivered, complete: false };
    if (notifications.length === 0) await sleep(Math.min(POLL_MS, quietMs));
  }
}

function urlOf({ baseUrl, path }: DeliveredOptions, since: string, limit: number): string {
  return `${baseUrl}${path}?${new URLSearchParams({ since, limit: String(limit) })}`;
}

async function pageAt(
  url: string,
  headers: Readonly<Record<string, string>>,
  deadline: number,
): Promise<NotificationPage> {
  for (;;) {
    const answer = await readNotificationPage(url, headers);
    if ('page' in answer) return answer.page;
    if (performance.now() + POLL_MS >= deadline) throw answer.error;
    await sleep(POLL_MS);
  }
}
