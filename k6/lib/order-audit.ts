// After the load, each customer (VU) asks after the orders that it was promised.
import { sleep } from 'k6';
import exec from 'k6/execution';
import http, { type RefinedResponse } from 'k6/http';
import type { Scenario } from 'k6/options';
import { secondsFrom } from './load.ts';
import { BASE_URL, staffHeaders } from './notifications.ts';
import type { Order } from './orders.ts';
import { type Reply, via } from './purchase-client.ts';
import { recordDecidedAfter, recordDecision, recordUndecided } from './purchase-metrics.ts';

/** What an answer is still waited for. In the stream there may be a backlog; what was decided at once only has to be read. */
export const WAIT_S = secondsFrom('WAIT', via === 'async' ? '60s' : '10s');
/** Orders asked after in a second, by all VUs together: far below what the functions can answer, so that deciding goes on. */
const ASKED_A_SECOND = 500;
const AT_ONCE = 20;
const PAUSE_S = 2;
/** A last round of answers. */
const EXTRA_S = 15;

const spreadS = (planned: number) => planned / ASKED_A_SECOND;

/**
 * One iteration in each VU that there is: k6 hands out as many at once, so none comes twice, and a VU keeps its memory from one
 * scenario to the next.
 * @param startS when the load is over, in seconds since the test began
 */
export const auditScenario = (vus: number, startS: number, planned: number): Scenario => ({
  executor: 'per-vu-iterations',
  exec: 'audit',
  vus,
  iterations: 1,
  startTime: `${startS}s`,
  maxDuration: `${Math.ceil(spreadS(planned) + WAIT_S) + EXTRA_S}s`,
  gracefulStop: '0s',
  tags: { phase: 'audit' },
});

/** Of this VU, by order id: how it was answered. */
const promised = new Map<string, Reply['outcome']>();

export function remember({ orderId, outcome }: Reply): void {
  if (orderId !== undefined) promised.set(orderId, outcome);
}

/** Waits until each order that this VU was promised is decided. What is not in time is counted as undecided. */
export function auditOrders(vus: number, planned: number): void {
  if (promised.size === 0) return;
  sleep((exec.scenario.iterationInTest / vus) * spreadS(planned));
  const deadline = Date.now() + WAIT_S * 1000;
  for (;;) {
    const open = [...promised.keys()];
    for (let from = 0; from < open.length; from += AT_ONCE) askAfter(open.slice(from, from + AT_ONCE));
    if (promised.size === 0) return;
    if (Date.now() > deadline) break;
    sleep(PAUSE_S);
  }
  recordUndecided(promised.size);
  console.error(
    `${promised.size} accepted purchases have no order after ${WAIT_S} s, the first is order ${[...promised.keys()][0]}`,
  );
}

function askAfter(orderIds: readonly string[]): void {
  const params = { headers: staffHeaders, tags: { name: '/inventory/orders/{orderId}' } };
  const requests = orderIds.map((orderId) => ({
    method: 'GET',
    url: `${BASE_URL}/inventory/orders/${orderId}`,
    params,
  }));
  const answers = http.batch(requests) as RefinedResponse<'text'>[];
  for (const { status, body } of answers) {
    if (status === 200) settle(JSON.parse(body) as Order);
  }
}

/** One that was answered as confirmed and is found rejected stays open: its promise was not kept. */
function settle({ orderId, status, acceptedAt, decidedAt }: Order): void {
  const answered = promised.get(orderId);
  if (status === 'queued' || (answered === 'confirmed' && status !== 'confirmed')) return;
  promised.delete(orderId);
  if (answered === 'accepted') recordDecision(status);
  recordDecidedAfter(Date.parse(decidedAt) - Date.parse(acceptedAt));
}
