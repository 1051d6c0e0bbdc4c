import { readFileSync } from 'node:fs';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../localstack/services/ports.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { orderIdOf } from '../../shared/purchase/purchase-message.ts';
import { closePublishers } from '../../shared/stream/process-publisher.ts';
import { type HttpEventParts, httpEvent, jsonPost, problemIn } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as checkConservation } from './check-conservation.ts';
import { handler as fulfilOrders } from './fulfil-orders.ts';
import { handler as getOrder } from './get-order.ts';
import { handler as getStock } from './get-stock.ts';
import { handler as listOrders } from './list-orders.ts';
import { handler as purchaseLater } from './purchase-later.ts';
import { handler as purchaseNaively } from './purchase-naively.ts';
import { handler as purchaseNow } from './purchase-now.ts';
import { handler as setStock } from './set-stock.ts';

const TECHNICIAN = { id: 'technician-1', role: 'technician' } as const;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await useDatabase(db.url);
});
afterAll(async () => {
  await closePublishers();
  await releaseDatabase();
  await db.drop();
});

let last = 0;
const newSku = async (initial: number) => {
  last += 1;
  const sku = `sku-${last}`;
  expect((await setStock(jsonPost({ sku, initial }, { principal: TECHNICIAN }))).statusCode).toBe(200);
  return sku;
};
const newKey = () => {
  last += 1;
  return `key-${last}`;
};
const purchaseOf = (sku: string, quantity = 1) => ({ sku, quantity, customerId: 'customer-1' });
const bought = (body: unknown, key: string, parts: HttpEventParts = {}) =>
  purchaseNow(jsonPost(body, { headers: { 'idempotency-key': `"${key}"` }, ...parts }));
const bodyOf = ({ body = '' }: APIGatewayProxyStructuredResultV2) => JSON.parse(body);
const stockOf = async (sku: string) => bodyOf(await getStock(httpEvent({ params: { sku } })));

describe('at once', () => {
  test('confirmed, once for its key, with the same bytes each time; the order can be read', async () => {
    const sku = await newSku(5);
    const key = newKey();
    const first = await bought(purchaseOf(sku, 2), key);
    const again = await bought({ customerId: 'customer-1', quantity: 2, sku }, key);
    expect([first.statusCode, again.statusCode]).toEqual([201, 201]);
    expect(again.body).toBe(first.body);
    const order = bodyOf(first);
    expect(order).toMatchObject({ sku, quantity: 2, customerId: 'customer-1', status: 'confirmed' });
    expect(first.headers?.['location']).toBe(`/inventory/orders/${order.orderId}`);
    expect(bodyOf(await getOrder(httpEvent({ params: { orderId: order.orderId } })))).toEqual(order);
    expect(await stockOf(sku)).toEqual({ sku, initial: 5, available: 3, sold: 2 });
  });

  test('what is not there is a 409, each time the same one; less is still sold', async () => {
    const sku = await newSku(2);
    const key = newKey();
    const first = await bought(purchaseOf(sku, 3), key);
    expect(problemIn(first)).toMatchObject({ status: 409, code: 'out_of_stock' });
    await setStock(jsonPost({ sku, initial: 9 }, { principal: TECHNICIAN }));
    expect((await bought(purchaseOf(sku, 3), key)).body).toBe(first.body);
    expect((await bought(purchaseOf(sku, 3), newKey())).statusCode).toBe(201);
  });

  test('an unknown SKU is a 404', async () => {
    expect(problemIn(await bought(purchaseOf('nowhere'), newKey()))).toMatchObject({
      code: 'unknown_sku',
      status: 404,
    });
  });

  test('a key with another purchase is a 422, and changes nothing', async () => {
    const sku = await newSku(5);
    const key = newKey();
    await bought(purchaseOf(sku), key);
    expect(problemIn(await bought(purchaseOf(sku, 2), key))).toMatchObject({
      code: 'idempotency_key_reused',
      status: 422,
    });
    expect(await stockOf(sku)).toMatchObject({ available: 4 });
  });

  test('a key that is being worked on is a 409 that says when to come again', async () => {
    const sku = await newSku(5);
    const holder = await db.pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7))', ['busy']);
    const answer = await bought(purchaseOf(sku), 'busy');
    await holder.query('ROLLBACK');
    holder.release();
    expect(problemIn(answer)).toMatchObject({ code: 'request_in_flight', status: 409 });
    expect(answer.headers?.['retry-after']).toBe('1');
  });

  test('without a key, or with one that is none: 400', async () => {
    const sku = await newSku(5);
    const none = await purchaseNow(jsonPost(purchaseOf(sku)));
    expect(problemIn(none)).toMatchObject({ code: 'idempotency_key_missing', status: 400 });
    for (const key of ['x'.repeat(300), 'a\u0007b']) {
      const wrong = await purchaseNow(jsonPost(purchaseOf(sku), { headers: { 'idempotency-key': key } }));
      expect(problemIn(wrong)).toMatchObject({ code: 'idempotency_key_invalid', status: 400 });
    }
    expect(await stockOf(sku)).toMatchObject({ sold: 0 });
  });

  test.each([0, -1, 1.5, 1_001, 1e300, '1', null, undefined])('a quantity of %s is a 400', async (quantity) => {
    const body = { ...purchaseOf('any'), quantity };
    expect(problemIn(await bought(body, newKey()))).toMatchObject({ code: 'validation_failed', status: 400 });
  });

  test.each(['', 'x'.repeat(65), 'a b', 'ä', "'; DROP TABLE purchase.orders; --"])(
    'a SKU of %j is a 400',
    async (sku) => {
      expect(problemIn(await bought(purchaseOf(sku), newKey()))).toMatchObject({
        code: 'validation_failed',
        status: 400,
      });
    },
  );

  test('a body over the limit is a 413, no JSON a 400', async () => {
    const large = await bought({ ...purchaseOf('any'), note: 'x'.repeat(70_000) }, newKey());
    expect(problemIn(large)).toMatchObject({ code: 'body_too_large', status: 413 });
    const none = await bought(undefined, newKey(), { body: '{' });
    expect(problemIn(none)).toMatchObject({ code: 'malformed_json', status: 400 });
  });
});

describe('from the stream', () => {
  let offset = 0;
  const recordOf = (value: object, partitionKey: string) => {
    offset += 1;
    const data = Buffer.from(JSON.stringify(value)).toString('base64');
    return { kinesis: { data, partitionKey, sequenceNumber: String(offset) }, messageAttributes: {} };
  };
  const messageOf = (sku: string, key: string, quantity = 1) => {
    const body = purchaseOf(sku, quantity);
    return { version: 1, orderId: orderIdOf(key, body), key, ...body, acceptedAt: new Date().toISOString() };
  };
  const statusOf = async ({ orderId }: { orderId: string }) => {
    const { status, reason } = bodyOf(await getOrder(httpEvent({ params: { orderId } })));
    return reason === undefined ? status : `${status}: ${reason}`;
  };

  test('a batch is decided in its order, each purchase once, as far as the stock goes; what it knows nothing of is rejected', async () => {
    const sku = await newSku(5);
    const messages = [
      messageOf(sku, 'f1', 3),
      messageOf(sku, 'f2', 3),
      messageOf(sku, 'f3', 2),
      messageOf(sku, 'f4', 1),
      messageOf(sku, 'f1', 1),
      messageOf('nowhere', 'f5'),
    ];
    expect(await statusOf(messageOf(sku, 'f1', 3))).toBe('queued');
    const event = { Records: [...messages, ...messages].map((message) => recordOf(message, message.sku)) };
    expect(await fulfilOrders(event)).toEqual({ batchItemFailures: [] });
    expect(await fulfilOrders(event)).toEqual({ batchItemFailures: [] });
    expect(await Promise.all(messages.map(statusOf))).toEqual([
      'confirmed',
      'rejected: out_of_stock',
      'confirmed',
      'rejected: out_of_stock',
      'rejected: key_reused',
      'rejected: unknown_sku',
    ]);
    expect(await stockOf(sku)).toMatchObject({ available: 0, sold: 5 });
  });

  test('bought by both ways under one key, it is bought once', async () => {
    const sku = await newSku(5);
    const key = newKey();
    const first = bodyOf(await bought(purchaseOf(sku), key));
    await fulfilOrders({ Records: [recordOf(messageOf(sku, key), sku)] });
    expect(await statusOf(first)).toBe('confirmed');
    expect(await stockOf(sku)).toMatchObject({ sold: 1 });
  });

  test('poison is given up on alone', async () => {
    const sku = await newSku(5);
    const good = messageOf(sku, newKey());
    const bad = recordOf({ ...good, quantity: -1 }, sku);
    const other = recordOf(messageOf(sku, newKey()), 'another');
    const { batchItemFailures } = await fulfilOrders({ Records: [recordOf(good, sku), bad, other] });
    expect(batchItemFailures).toMatchObject([
      { error: { code: 'poison_record' } },
      { error: { code: 'topic_mismatch' } },
    ]);
    expect(await statusOf(good)).toBe('confirmed');
  });
});

test('later, without a broker: 503 in bounded time, and nothing is accepted', async () => {
  await useDatabase(db.url, { HEARTLINE_STREAM_URL: `rabbitmq-stream://127.0.0.1:${await freePort()}` });
  const startedMs = performance.now();
  const event = jsonPost(purchaseOf('any'), { headers: { 'idempotency-key': 'k' } });
  const answer = await purchaseLater(event);
  expect(problemIn(answer)).toMatchObject({ code: 'stream_unavailable', status: 503 });
  expect(answer.headers?.['retry-after']).toBe('1');
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

describe('stock', () => {
  test('is set as often as one likes, and never below what is sold', async () => {
    const sku = await newSku(3);
    await bought(purchaseOf(sku, 2), newKey());
    expect(bodyOf(await setStock(jsonPost({ sku, initial: 10 }, { principal: TECHNICIAN })))).toEqual({
      sku,
      initial: 10,
      available: 8,
      sold: 2,
    });
    expect(bodyOf(await setStock(jsonPost({ sku, initial: 2 }, { principal: TECHNICIAN })))).toEqual({
      sku,
      initial: 2,
      available: 0,
      sold: 2,
    });
    expect(problemIn(await setStock(jsonPost({ sku, initial: 1 }, { principal: TECHNICIAN })))).toMatchObject({
      code: 'stock_below_sold',
      status: 409,
    });
    expect(problemIn(await getStock(httpEvent({ params: { sku: 'nowhere' } })))).toMatchObject({ code: 'unknown_sku' });
  });

  test('adds up, and says what does not', async () => {
    const sku = await newSku(4);
    await bought(purchaseOf(sku, 2), newKey());
    const check = async () => bodyOf(await checkConservation(httpEvent()));
    expect(await check()).toMatchObject({ oversold: 0, violations: [] });
    await db.pool.query('UPDATE purchase.stock SET available = available + 1 WHERE sku = $1', [sku]);
    expect((await check()).violations).toEqual([{ sku, initial: 4, available: 3, confirmed: 2 }]);
    await db.pool.query('UPDATE purchase.stock SET available = available - 1 WHERE sku = $1', [sku]);
  });
});

test('orders are listed a page at a time, each once', async () => {
  const seen: string[] = [];
  for (let since = '0'; ; ) {
    const page = bodyOf(await listOrders(httpEvent({ query: { since, limit: '3' } })));
    if (page.orders.length === 0) break;
    seen.push(...page.orders.map(({ orderId }: { orderId: string }) => orderId));
    since = page.nextCursor;
  }
  const { rows } = await db.pool.query('SELECT count(*)::int AS n FROM purchase.orders');
  expect(seen.length).toBe(rows[0].n);
  expect(new Set(seen).size).toBe(seen.length);
});

describe('naively', () => {
  test('is off', async () => {
    const event = jsonPost(purchaseOf('any'), { headers: { 'idempotency-key': 'k' } });
    expect(problemIn(await purchaseNaively(event))).toMatchObject({ code: 'naive_is_off', status: 404 });
  });

  test('switched on, it sells more than there is, and twice what is sent twice', async () => {
    const sku = await newSku(10);
    await useDatabase(db.url, { HEARTLINE_PURCHASE_NAIVE: 'true' });
    const buy = (key: string) => purchaseNaively(jsonPost(purchaseOf(sku), { headers: { 'idempotency-key': key } }));
    expect([(await buy('twice')).statusCode, (await buy('twice')).statusCode]).toEqual([201, 201]);
    // Both have read the same stock before either writes.
    const table = await db.pool.connect();
    await table.query('BEGIN; LOCK TABLE purchase.naive_stock IN SHARE MODE');
    const racing = [buy('a'), buy('b')];
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (;;) {
      const { rows } = await db.pool.query('SELECT FROM pg_locks WHERE NOT granted');
      if (rows.length === racing.length) break;
    }
    await table.query('COMMIT');
    table.release();
    await Promise.all(racing);
    const { oversold, violations } = bodyOf(await checkConservation(httpEvent({ query: { of: 'naive' } })));
    expect(violations).toEqual([{ sku, initial: 10, available: 7, confirmed: 4 }]);
    expect(oversold).toBe(0);
  });

  test('what it adds up to beyond an integer keeps nobody from setting the stock', async () => {
    const sku = await newSku(0);
    // A sale wrote back what it had read before the stock was lowered, twice.
    await db.pool.query('UPDATE purchase.naive_stock SET available = 2000000000 WHERE sku = $1', [sku]);
    const answer = await setStock(jsonPost({ sku, initial: 1_000_000_000 }, { principal: TECHNICIAN }));
    expect(answer).toMatchObject({ statusCode: 200 });
    expect(bodyOf(answer)).toMatchObject({ available: 1_000_000_000 });
  });
});

const sample = (name: string) => JSON.parse(readFileSync(new URL(`./events/${name}.json`, import.meta.url), 'utf8'));

test('the sample events are good', async () => {
  expect((await setStock(sample('set-stock'))).statusCode).toBe(200);
  expect((await purchaseNow(sample('purchase-now'))).statusCode).toBe(201);
  expect((await getStock(sample('get-stock'))).statusCode).toBe(200);
  expect((await listOrders(sample('list-orders'))).statusCode).toBe(200);
  expect((await checkConservation(sample('check-conservation'))).statusCode).toBe(200);
  expect(await fulfilOrders(sample('fulfil-orders'))).toEqual({ batchItemFailures: [] });
  expect(bodyOf(await getOrder(sample('get-order')))).toMatchObject({ status: 'confirmed' });
});
