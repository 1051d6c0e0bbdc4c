import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ConservationPaths } from '../experiment/schema.ts';
import { type PageForm, requestPage } from '../measure/page-request.ts';
import type { BookedOrder, StageReport, StockEntry } from './books.ts';

const POLL_MS = 500;
/** Longer than a worker that was killed takes to come back and go on: what was on its way is decided by then. */
const QUIET_MS = 6_000;
const DEADLINE_MS = 120_000;
/** Connections that read stock: enough for a thousand SKUs in a second or two. */
const READERS = 8;

const UNKNOWN_SKU = 404;

const units = z.int();
const report: PageForm<StageReport> = {
  name: 'report of conservation',
  schema: z
    .object({
      confirmed: z.int().min(0),
      rejected: z.int().min(0),
      oversold: units,
      violations: z.array(z.object({ sku: z.string() })),
    })
    .transform((body) => ({ ...body, violations: body.violations.map(({ sku }) => sku) })),
};
/** None or one. */
const stock: PageForm<readonly StockEntry[]> = {
  name: 'stock of a SKU',
  schema: z.object({ sku: z.string(), initial: units, available: units }).transform((entry) => [entry]),
  answers: new Map([[UNKNOWN_SKU, []]]),
};

export interface BooksOptions {
  /** `http://127.0.0.1:3000` */
  readonly baseUrl: string;
  readonly paths: ConservationPaths;
  /** Asked with each request. */
  readonly query?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly quietMs?: number;
  readonly deadlineMs?: number;
}

/**
 * Waits until a stage decides nothing any more: its own sums stay the same.
 * @returns its last report, and whether it was at rest at the deadline
 * @throws PermanentError, TransientError `lab_delivered`
 */
export async function untilAtRest(options: BooksOptions): Promise<{ report: StageReport; atRest: boolean }> {
  const { paths, signal, quietMs = QUIET_MS, deadlineMs = DEADLINE_MS } = options;
  const deadline = performance.now() + deadlineMs;
  let last: StageReport | undefined;
  let quietSince = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const now = await ask(options, paths.report, report, deadline);
    if (JSON.stringify(now) !== JSON.stringify(last)) quietSince = performance.now();
    last = now;
    if (performance.now() - quietSince >= quietMs) return { report: now, atRest: true };
    if (performance.now() >= deadline) return { report: now, atRest: false };
    await sleep(Math.min(POLL_MS, quietMs));
  }
}

/** What there is of each SKU that was ordered or asked for, and is known. @throws as `untilAtRest` */
export async function readStock(
  options: BooksOptions,
  orders: readonly BookedOrder[],
  asked: Iterable<string>,
): Promise<StockEntry[]> {
  const left = [...new Set([...orders.map(({ sku }) => sku), ...asked])].sort();
  const entries: StockEntry[] = [];
  const deadline = performance.now() + (options.deadlineMs ?? DEADLINE_MS);
  async function reader(): Promise<void> {
    for (let sku = left.pop(); sku !== undefined; sku = left.pop()) {
      options.signal.throwIfAborted();
      entries.push(...(await ask(options, `${options.paths.stock}/${encodeURIComponent(sku)}`, stock, deadline)));
    }
  }
  await Promise.all(Array.from({ length: READERS }, reader));
  return entries.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
}

async function ask<T>({ baseUrl, query }: BooksOptions, path: string, form: PageForm<T>, deadline: number): Promise<T> {
  const asked = new URLSearchParams(query).toString();
  const url = `${baseUrl}${path}${asked === '' ? '' : `?${asked}`}`;
  for (;;) {
    const answer = await requestPage(url, form);
    if ('page' in answer) return answer.page;
    if (performance.now() + POLL_MS >= deadline) throw answer.error;
    await sleep(POLL_MS);
  }
}
