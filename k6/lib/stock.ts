// A run's products: set up before it, and counted after it.
import { sleep } from 'k6';
import exec from 'k6/execution';
import http, { type RefinedResponse } from 'k6/http';
import { BASE_URL, staffHeaders } from './notifications.ts';
import { skuOf } from './purchases.ts';

export interface Stock {
  readonly sku: string;
  readonly initial: number;
  readonly available: number;
  readonly sold: number;
}

/** As many as the functions' pool has connections, and as many again. */
const AT_ONCE = 20;
const TRIES = 10;
const PAUSE_S = 1;
const SERVER_ERROR = 500;

/** Sets how many there are of each rank, whose units come in their order. Ends the run if it cannot, or if the products have been sold before. */
export function setUpStock(runId: string, units: readonly number[]): void {
  const found = eachStock(
    units.map((initial, index) => ({
      method: 'POST',
      url: `${BASE_URL}/inventory/stock`,
      body: JSON.stringify({ sku: skuOf(runId, index + 1), initial }),
    })),
  );
  const before = found.find(({ sold }) => sold > 0);
  if (before)
    exec.test.abort(`${before.sku} has been sold: there was a run ${runId} already. Give another SEED or RUN_ID.`);
}

export const readStock = (runId: string, skus: number): Stock[] =>
  eachStock(
    Array.from({ length: skus }, (_, index) => ({
      method: 'GET',
      url: `${BASE_URL}/inventory/stock/${skuOf(runId, index + 1)}`,
      body: null,
    })),
  );

interface StockRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body: string | null;
}

/** In the order of the requests. Those that a busy database has refused are sent again, which changes nothing. */
function eachStock(requests: readonly StockRequest[]): Stock[] {
  const stocks: Stock[] = [];
  for (let from = 0; from < requests.length; from += AT_ONCE) {
    stocks.push(...allOf(requests.slice(from, from + AT_ONCE)));
  }
  return stocks;
}

function allOf(requests: readonly StockRequest[]): Stock[] {
  const params = { headers: staffHeaders, tags: { name: '/inventory/stock' } };
  for (let tries = 1; ; tries++) {
    const answers = http.batch(requests.map((request) => ({ ...request, params }))) as RefinedResponse<'text'>[];
    const wrong = answers.find(({ status }) => status !== 200);
    if (wrong === undefined) return answers.map(({ body }) => JSON.parse(body) as Stock);
    const mayChange = wrong.status === 0 || wrong.status >= SERVER_ERROR;
    if (tries === TRIES || !mayChange)
      throw new Error(`${wrong.url} answers ${wrong.status || wrong.error} ${wrong.body}`);
    sleep(PAUSE_S);
  }
}
