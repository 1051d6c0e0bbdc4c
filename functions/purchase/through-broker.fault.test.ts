import { describe, expect, test } from 'vitest';
import { eventually } from '../../localstack/testing/eventually.ts';
import type { TestFunctions } from '../../localstack/testing/functions.ts';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';
import { throughBroker } from '../testing/through-broker.ts';

const TEST_LIMIT_MS = 120_000;
const DEADLINE_MS = 60_000;
const CREATED = 201;
const ACCEPTED = 202;
const UNAVAILABLE = 503;

const stage = throughBroker();
let functions: TestFunctions | undefined;

async function start(settings: Record<string, string> = {}): Promise<void> {
  functions = await stage.start(settings);
}

interface Answer {
  status: number;
  body: { orderId: string; statusUrl: string };
}

async function post(path: string, body: object, key = 'none'): Promise<Answer> {
  const answer = await fetchAllowed(`${functions?.http}/inventory/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}
const read = async (path: string) => await (await fetchAllowed(`${functions?.http}${path}`)).json();
/** As a careful client: with the same key until it is accepted; a process that has just started connects first. */
async function later(sku: string, key: string): Promise<Answer> {
  for (;;) {
    const answer = await post('async/purchase', { sku, quantity: 1, customerId: 'c' }, key);
    if (answer.status !== UNAVAILABLE) return answer;
  }
}
const decided = async (ids: readonly string[]) =>
  (await stage.db.pool.query('SELECT FROM purchase.orders WHERE order_id = ANY($1)', [ids])).rowCount;

describe('through broker and serverless offline', () => {
  test('accepted at once, decided soon, at the status URL; repeated it is the same order', {
    timeout: TEST_LIMIT_MS,
  }, async () => {
    await start();
    await post('stock', { sku: 'one', initial: 1 });
    const first = await later('one', 'k1');
    const again = await later('one', 'k1');
    const second = await later('one', 'k2');
    expect([first.status, second.status]).toEqual([ACCEPTED, ACCEPTED]);
    expect(again).toEqual(first);
    await eventually('both', async () => (await decided([first.body.orderId, second.body.orderId])) === 2, DEADLINE_MS);
    expect(await read(first.body.statusUrl)).toMatchObject({ status: 'confirmed', sku: 'one' });
    expect(await read(second.body.statusUrl)).toMatchObject({ status: 'rejected', reason: 'out_of_stock' });
    expect(await read('/inventory/stock/one')).toEqual({ sku: 'one', initial: 1, available: 0, sold: 1 });
  });

  test('a consumer killed with batches in flight: every accepted purchase is decided once, and it adds up', {
    timeout: TEST_LIMIT_MS,
  }, async () => {
    await start({ HEARTLINE_FULFIL_ORDERS_BATCH_SIZE: '5' });
    const skus = ['a', 'b', 'c', 'd', 'e'];
    for (const sku of skus) await post('stock', { sku, initial: 30 });
    const accepted: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const keys = Array.from({ length: 60 }, (_, n) => `crash-${round}-${n}`);
      const sending = keys.map(async (key, n) => {
        const answer = await later(skus[n % skus.length] ?? '', key).catch(() => undefined);
        if (answer?.status === ACCEPTED) accepted.push(answer.body.orderId);
      });
      await eventually('some to be accepted', () => accepted.length > round * 60, DEADLINE_MS);
      await functions?.kill();
      await Promise.all(sending);
      await start({ HEARTLINE_FULFIL_ORDERS_BATCH_SIZE: '5' });
    }
    expect(accepted.length).toBeGreaterThan(0);
    await eventually('all', async () => (await decided(accepted)) === accepted.length, DEADLINE_MS);
    expect(await read('/inventory/conservation')).toMatchObject({ oversold: 0, violations: [] });
    const { rows } = await stage.db.pool.query(
      'SELECT key FROM purchase.orders WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1',
    );
    expect(rows).toEqual([]);
  });

  test('both ways at once on one hot SKU: each unit is sold once', { timeout: TEST_LIMIT_MS }, async () => {
    await start();
    await post('stock', { sku: 'hot', initial: 50 });
    const body = { sku: 'hot', quantity: 1, customerId: 'c' };
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, n) =>
        n % 2 === 0 ? post('sync/purchase', body, `hot-${n}`) : later('hot', `hot-${n}`),
      ),
    );
    expect(answers.filter(({ status }) => status === CREATED).length).toBeLessThanOrEqual(40);
    const queued = answers.filter(({ status }) => status === ACCEPTED).map(({ body: { orderId } }) => orderId);
    await eventually('all', async () => (await decided(queued)) === queued.length, DEADLINE_MS);
    expect(await read('/inventory/stock/hot')).toEqual({ sku: 'hot', initial: 50, available: 0, sold: 50 });
    expect(await read('/inventory/conservation')).toMatchObject({ oversold: 0, violations: [] });
  });
});
