import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveredMessage } from '../checker/index.ts';
import type { BookedOrder } from '../conservation/books.ts';
import type { Attempt } from '../lanes/attempt.ts';
import { type DeliveredList, type DeliveredPage, LISTS } from './delivered-list.ts';
import { requestPage } from './page-request.ts';

const PAGE_LIMIT = 500;
const POLL_MS = 250;
/** Longer than a consumer takes to come back after a link was cut: what was on its way is listed by then. */
const QUIET_MS = 3_000;
const DEADLINE_MS = 60_000;

export interface DeliveredOptions {
  /** `http://127.0.0.1:3000` */
  readonly baseUrl: string;
  readonly path: string;
  /** Default: notifications. */
  readonly list?: DeliveredList;
  /** Asked with each page. */
  readonly query?: Readonly<Record<string, string>>;
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
  /** In the order of the list. */
  readonly delivered: readonly DeliveredMessage[];
  /** All that are listed, where they are orders. */
  readonly orders: readonly BookedOrder[];
  /** All that are listed, where they are attempts. */
  readonly attempts: readonly Attempt[];
  /** False when something new still appeared at the deadline: there may be more. */
  readonly complete: boolean;
}

/**
 * Reads what was delivered, page by page to the list's end, and waits there until nothing new appears. Answers that may be better
 * next time (no connection, 429, 5xx) are asked for again until the deadline.
 * @throws PermanentError `lab_delivered` for an answer that is no page, TransientError `lab_delivered` when the deadline passes without
 *   the end of the list being read; both name the URL and the reason
 */
export async function readDelivered(options: DeliveredOptions): Promise<Delivered> {
  const { of, quietMs = QUIET_MS, deadlineMs = DEADLINE_MS, pageLimit = PAGE_LIMIT, headers = {} } = options;
  const list = options.list ?? LISTS.alerts;
  const counts = (id: string) => ('ids' in of ? of.ids.has(id) : id.startsWith(of.prefix));
  const delivered: DeliveredMessage[] = [];
  const deadline = performance.now() + deadlineMs;
  const orders: BookedOrder[] = [];
  const attempts: Attempt[] = [];
  let cursor = list.cursorAt(options.sinceMs);
  let quietSince = performance.now();
  for (;;) {
    const page = await pageAt(urlOf(options, cursor, pageLimit), list, headers, deadline);
    cursor = page.nextCursor;
    for (const one of page.delivered) if (counts(one.id)) delivered.push(one);
    for (const one of page.orders) orders.push(one);
    for (const one of page.attempts) attempts.push(one);
    const isEmpty = page.delivered.length === 0 && page.attempts.length === 0;
    if (!isEmpty) quietSince = performance.now();
    else if (performance.now() - quietSince >= quietMs) return { delivered, orders, attempts, complete: true };
    if (performance.now() >= deadline) return { delivered, orders, attempts, complete: false };
    if (isEmpty) await sleep(Math.min(POLL_MS, quietMs));
  }
}

function urlOf({ baseUrl, path, query }: DeliveredOptions, since: string | undefined, limit: number): string {
  const cursor = since === undefined ? {} : { since };
  return `${baseUrl}${path}?${new URLSearchParams({ ...query, ...cursor, limit: String(limit) })}`;
}

async function pageAt(
  url: string,
  { form }: DeliveredList,
  headers: Readonly<Record<string, string>>,
  deadline: number,
): Promise<DeliveredPage> {
  for (;;) {
    const answer = await requestPage(url, form, headers);
    if ('page' in answer) return answer.page;
    if (performance.now() + POLL_MS >= deadline) throw answer.error;
    await sleep(POLL_MS);
  }
}
