import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { LISTS } from './delivered-list.ts';
import { type DeliveredOptions, readDelivered } from './delivered-reader.ts';
import { serve } from './testing/http-server.ts';

const T0 = Date.UTC(2026, 0, 31, 12);
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Lists as GET /db-first/notifications does; a cursor is the number of what was listed before. */
function list(ids: string[]) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const query = new URL(request.url ?? '/', 'http://x').searchParams;
    const since = query.get('since') ?? '';
    const from = since.startsWith('after-') ? Number(since.slice('after-'.length)) : 0;
    const page = ids.slice(from, from + Number(query.get('limit')));
    const notifications = page.map((eventId, place) => ({
      eventId,
      patientId: `p-${eventId.slice(-1)}`,
      ward: 'icu-1',
      notifiedAt: new Date(T0 + from + place).toISOString(),
    }));
    response.end(JSON.stringify({ notifications, nextCursor: `after-${from + page.length}` }));
  };
}
async function reading(listener: Parameters<typeof serve>[0], options: Partial<DeliveredOptions> = {}) {
  const server = await serve(listener);
  closing.push(server.close);
  return readDelivered({
    baseUrl: server.url,
    path: '/list',
    sinceMs: T0,
    of: { prefix: 'run-' },
    quietMs: 50,
    ...options,
  });
}

describe('what reached staff', () => {
  test('is read page by page, in order, with what was delivered twice, and without others’', async () => {
    const ids = ['run-1', 'other-1', 'run-2', 'run-1', 'run-3'];
    const queries: string[] = [];
    const { delivered, complete } = await reading(
      (request, response) => {
        queries.push(request.url ?? '');
        list(ids)(request, response);
      },
      { pageLimit: 2 },
    );
    expect(complete).toBe(true);
    expect(delivered.map(({ id }) => id)).toEqual(['run-1', 'run-2', 'run-1', 'run-3']);
    expect(delivered[1]).toEqual({ id: 'run-2', key: 'p-2', atMs: T0 + 2 });
    expect(queries.slice(0, 2)).toEqual([
      '/list?since=2026-01-31T12%3A00%3A00.000Z&limit=2',
      '/list?since=after-2&limit=2',
    ]);
  });

  test('can be narrowed to a set', async () => {
    const { delivered } = await reading(list(['run-1', 'run-2']), { of: { ids: new Set(['run-2']) } });
    expect(delivered.map(({ id }) => id)).toEqual(['run-2']);
  });

  test('includes what appears while it waits for quiet', async () => {
    const ids = ['run-1'];
    let asked = 0;
    const { delivered } = await reading(
      (request, response) => {
        asked += 1;
        if (asked === 3) ids.push('run-2');
        list(ids)(request, response);
      },
      { quietMs: 1_000 },
    );
    expect(delivered.map(({ id }) => id)).toEqual(['run-1', 'run-2']);
  });

  test('is not complete when there is no end at the deadline', async () => {
    const ids: string[] = [];
    const result = await reading(
      (request, response) => {
        ids.push(`run-${ids.length}`);
        list(ids)(request, response);
      },
      { deadlineMs: 300 },
    );
    expect(result.complete).toBe(false);
    expect(result.delivered.length).toBeGreaterThan(0);
  });

  test('is asked for again while the service is away', async () => {
    let asked = 0;
    const { delivered } = await reading((request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else if (asked === 2) response.writeHead(503).end('later');
      else list(['run-1'])(request, response);
    });
    expect(delivered).toHaveLength(1);
  });
});

describe('orders that were decided', () => {
  const order = (key: string | null, place: number) => ({
    orderId: `order-${place}`,
    key,
    sku: 'pump',
    quantity: 2,
    customerId: 'c',
    status: key === null ? 'rejected' : 'confirmed',
    acceptedAt: new Date(T0).toISOString(),
    decidedAt: new Date(T0 + place).toISOString(),
  });
  const orders = [order('run-1', 0), order(null, 1), order('run-1', 2), order('other', 3)];

  test('are read from the first one on, by their keys, and all of them as orders', async () => {
    const queries: string[] = [];
    const { delivered, orders: read } = await reading(
      (request, response) => {
        queries.push(request.url ?? '');
        const from = Number(new URL(request.url ?? '/', 'http://x').searchParams.get('since') ?? 0);
        const page = orders.slice(from, from + 2);
        response.end(JSON.stringify({ orders: page, nextCursor: String(from + page.length) }));
      },
      { list: LISTS.purchases, query: { of: 'naive' }, pageLimit: 2 },
    );
    expect(queries.slice(0, 2)).toEqual(['/list?of=naive&limit=2', '/list?of=naive&since=2&limit=2']);
    expect(delivered).toEqual([
      { id: 'run-1', key: 'pump', atMs: T0 },
      { id: 'run-1', key: 'pump', atMs: T0 + 2 },
    ]);
    expect(read.map(({ orderId, key, status }) => [orderId, key, status])).toEqual([
      ['order-0', 'run-1', 'confirmed'],
      ['order-1', undefined, 'rejected'],
      ['order-2', 'run-1', 'confirmed'],
      ['order-3', 'other', 'confirmed'],
    ]);
  });

  test('a page of something else is none', async () => {
    const page = JSON.stringify({ notifications: [], nextCursor: '1' });
    await expect(reading((_, response) => response.end(page), { list: LISTS.purchases })).rejects.toThrow(
      /with no page of orders: .*\n.*orders/,
    );
  });
});

describe('attempts at events', () => {
  const attempt = (eventId: string, outcome: string, more: object = {}) => ({
    eventId,
    patientId: 'p-1',
    attempt: 1,
    outcome,
    acceptedAt: new Date(T0).toISOString(),
    startedAt: new Date(T0 + 1).toISOString(),
    endedAt: new Date(T0 + 2).toISOString(),
    ...more,
  });

  test('are read past a page on which none has ended its event; what ended is delivered, by its patient', async () => {
    const all = [
      attempt('run-1', 'failed'),
      attempt('run-2', 'lost', { consumer: 'c', offset: '9007199254740993' }),
      attempt('run-1', 'processed', { consumer: 'c', offset: '7' }),
      attempt('run-3', 'dead'),
    ];
    const { delivered, attempts } = await reading(
      ({ url = '' }, response) => {
        const from = Number(new URL(url, 'http://x').searchParams.get('since') ?? 0);
        const page = all.slice(from, from + 2);
        response.end(JSON.stringify({ attempts: page, nextCursor: String(from + page.length) }));
      },
      { list: LISTS.events },
    );
    expect(delivered).toEqual([
      { id: 'run-1', key: 'p-1', atMs: T0 + 2 },
      { id: 'run-3', key: 'p-1', atMs: T0 + 2 },
    ]);
    expect(attempts.map(({ outcome, place }) => [outcome, place])).toEqual([
      ['failed', undefined],
      ['lost', { partition: 'c', offset: 9_007_199_254_740_993n }],
      ['processed', { partition: 'c', offset: 7n }],
      ['dead', undefined],
    ]);
  });
});

describe('an error names URL and reason', () => {
  const failing = (answer: (response: ServerResponse) => void) =>
    reading((_request, response) => answer(response), { deadlineMs: 400 });
  const where = 'GET http://127\\.0\\.0\\.1:\\d+/list\\?since=2026-01-31T12%3A00%3A00\\.000Z&limit=500';

  test.each<[string, string, boolean, (response: ServerResponse) => void]>([
    ['a refusal', 'answered 404: no such list', false, (response) => response.writeHead(404).end('no such list')],
    [
      'no JSON',
      'answered 200 with no page of notifications: ✖ Invalid input',
      false,
      (response) => response.end('<html>'),
    ],
    [
      'no page',
      'answered 200 with no page of notifications: .*\\n.*nextCursor',
      false,
      (response) => response.end('{"notifications":[]}'),
    ],
    ['a service that stays away', 'answered 503: away', true, (response) => response.writeHead(503).end('away')],
  ])('%s', async (_what, reason, retriable, answer) => {
    const error = await failing(answer).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'lab_delivered', retriable });
    expect(String(error)).toMatch(new RegExp(`${where} ${reason}`));
  });

  test('nobody listening', async () => {
    const server = await serve(() => undefined);
    await server.close();
    const options = { baseUrl: server.url, path: '/list', sinceMs: T0, of: { prefix: '' }, deadlineMs: 300 };
    await expect(readDelivered(options)).rejects.toThrow(new RegExp(`${where} failed: .*ECONNREFUSED`));
  });
});
