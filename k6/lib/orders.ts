// The list of decided orders, GET /inventory/orders: each has a number, later ones mostly a higher one, and a page goes on behind a number.
import { sleep } from 'k6';
import { BASE_URL, get } from './notifications.ts';

export interface Order {
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
  readonly status: 'confirmed' | 'rejected' | 'queued';
  readonly acceptedAt: string;
  readonly decidedAt: string;
  /** Null: rejected, because its key was another order's. */
  readonly key: string | null;
}

interface Page {
  readonly orders: readonly Order[];
  readonly nextCursor: string;
}

const PAGE = 1_000;
/** A database that was under load a moment ago. */
const TRIES = 10;
const PAUSE_S = 1;

/** What an address answers. @throws Error if it is not 200 however often it is asked */
export function readJson<Body>(path: string): Body {
  for (let tries = 1; ; tries++) {
    const answer = get(path);
    if (answer.status === 200) return JSON.parse(answer.body) as Body;
    if (tries === TRIES) throw new Error(`${BASE_URL}${path} answers ${answer.status || answer.error}`);
    sleep(PAUSE_S);
  }
}

const pageBehind = (cursor: number | string, limit: number) =>
  readJson<Page>(`/inventory/orders?since=${cursor}&limit=${limit}`);

/** The number of the last order that there is: by looking further and further ahead, and then by halves, as pages can only be long or short. */
export function lastOrderNumber(): number {
  const isBehind = (number: number) => pageBehind(number, 1).orders.length > 0;
  let reach = 1;
  while (isBehind(reach)) reach *= 2;
  let low = 0;
  for (let high = reach; low < high; ) {
    const middle = Math.floor((low + high) / 2);
    if (isBehind(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of a system at rest. */
export function ordersBehind(number: number): Order[] {
  const all: Order[] = [];
  for (let cursor = String(number); ; ) {
    const { orders, nextCursor } = pageBehind(cursor, PAGE);
    all.push(...orders);
    if (orders.length < PAGE) return all;
    cursor = nextCursor;
  }
}
