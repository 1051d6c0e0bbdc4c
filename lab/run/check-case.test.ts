import { describe, expect, test } from 'vitest';
import { createK6Recorder } from '../measure/k6-recorder.ts';
import { serve } from '../measure/testing/http-server.ts';
import { pointLine } from '../measure/testing/k6-lines.ts';
import { checkCase } from './check-case.ts';

/** The stage has to be at rest for six seconds before its list is read. */
const TIMEOUT_MS = 30_000;
const T0 = Date.UTC(2026, 0, 31, 12);
const WINDOWS = [{ name: 'fault', fromMs: T0, toMs: T0 + 1_000 }];

interface Order {
  key: string;
  sku: string;
  status?: string;
}
interface Shop {
  orders: Order[];
  /** Of the one SKU, of which there were two. */
  available: number;
}

/** Three purchases of a pump, of which there are two: all answered. */
const KEYS = ['run-1', 'run-2', 'run-3'];
const right: Shop = {
  orders: [
    { key: 'run-1', sku: 'pump' },
    { key: 'run-2', sku: 'pump' },
    { key: 'run-3', sku: 'pump', status: 'rejected' },
  ],
  available: 0,
};

function recorded() {
  const recorder = createK6Recorder({ wanted: [] });
  const metadata = (eventId: string) => ({ eventId, patientId: 'pump', phase: 'fault' });
  for (const key of KEYS)
    for (const metric of ['producer_sent_msgs', 'producer_acked_msgs'])
      recorder.push(Buffer.from(pointLine({ metric, atMs: T0, value: 1, metadata: metadata(key) })));
  recorder.end();
  return recorder;
}

/** Lists and reports what it has. */
async function checked({ orders, available }: Shop) {
  const listed = orders.map(({ key, sku, status = 'confirmed' }, place) => ({
    orderId: `order-${place}`,
    key,
    sku,
    quantity: 1,
    status,
    decidedAt: new Date(T0 + place).toISOString(),
  }));
  const count = (wanted: string) => listed.filter(({ status }) => status === wanted).length;
  const server = await serve(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://x');
    const from = Number(searchParams.get('since') ?? 0);
    if (pathname === '/report')
      response.end(
        JSON.stringify({
          confirmed: count('confirmed'),
          rejected: count('rejected'),
          oversold: Math.max(0, count('confirmed') - 2),
          violations: available + count('confirmed') === 2 ? [] : [{ sku: 'pump' }],
        }),
      );
    else if (pathname === '/stock/pump') response.end(JSON.stringify({ sku: 'pump', initial: 2, available }));
    else if (pathname === '/orders')
      response.end(JSON.stringify({ orders: listed.slice(from), nextCursor: `${listed.length}` }));
    else response.writeHead(404).end('{}');
  });
  return await checkCase(
    {
      experiment: {
        subject: 'purchases',
        promise: 'exactly-once',
        ordered: false,
        delivered: '/orders',
        conservation: { report: '/report', stock: '/stock' },
      },
      case: { query: {} },
      target: { isOwn: true, stack: { endpoints: { http: server.url } } },
      seed: 1,
      signal: new AbortController().signal,
    },
    recorded(),
    WINDOWS,
  ).finally(server.close);
}
const breaches = async (shop: Shop) => {
  const { verdict, conservation } = await checked(shop);
  return [...verdict.violations, ...(conservation?.violations ?? [])].map(({ breach }) => breach);
};

describe.concurrent('a case of purchases', { timeout: TIMEOUT_MS }, () => {
  test('in which all is right has no breach', async () => {
    const { verdict, conservation, complete } = await checked(right);
    expect([...verdict.violations, ...(conservation?.violations ?? [])]).toEqual([]);
    expect(verdict.groups.get('fault')).toMatchObject({ sent: 3, acknowledged: 3, delivered: 3 });
    expect(conservation).toMatchObject({ skus: 1, orders: 3, oversoldUnits: 0 });
    expect(complete).toBe(true);
  });

  test.each<[string, Shop, string[]]>([
    ['an accepted purchase was forgotten', { ...right, orders: right.orders.slice(0, 2) }, ['lost']],
    [
      'one was sold twice',
      { orders: [...right.orders, { key: 'run-1', sku: 'pump' }], available: 0 },
      ['duplicated', 'not conserved', 'oversold', 'two orders'],
    ],
    [
      'one was sold that nobody asked for',
      { orders: [...right.orders, { key: 'run-9', sku: 'pump', status: 'rejected' }], available: 0 },
      ['phantom'],
    ],
    ['a unit is gone', { ...right, available: -1 }, ['not conserved', 'below zero']],
    [
      'something else was sold',
      { orders: right.orders.map((one) => (one.key === 'run-3' ? { ...one, sku: 'tube' } : one)), available: 0 },
      ['wrong key'],
    ],
  ])('in which %s has that breach', async (_, shop, found) => {
    expect(await breaches(shop)).toEqual(found);
  });
});
