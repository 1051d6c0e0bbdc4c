import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { serve } from '../measure/testing/http-server.ts';
import { type BooksOptions, readStock, untilAtRest } from './read-books.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A stage that answers a path with this. */
async function stage(
  answer: (path: string, response: ServerResponse) => void,
  options: Partial<BooksOptions> = {},
): Promise<BooksOptions> {
  const server = await serve(({ url = '' }, response) => answer(url, response));
  closing.push(server.close);
  const paths = { report: '/conservation', stock: '/stock' };
  return { baseUrl: server.url, paths, signal: new AbortController().signal, quietMs: 60, ...options };
}
const report = (confirmed: number) =>
  JSON.stringify({ skus: 1, confirmed, rejected: 0, oversold: 0, violations: [{ sku: 'pump', initial: 1 }] });

describe('a stage', () => {
  test('is at rest when its sums stay the same for a while', async () => {
    let asked = 0;
    const options = await stage((_, response) => {
      asked += 1;
      response.end(report(Math.min(asked, 4)));
    });
    const { report: last, atRest } = await untilAtRest(options);
    expect(last).toMatchObject({ confirmed: 4, violations: ['pump'] });
    expect(atRest).toBe(true);
    expect(asked).toBeGreaterThan(4);
  });

  test('that goes on deciding until the deadline is not', async () => {
    let asked = 0;
    const options = await stage(
      (_, response) => {
        asked += 1;
        response.end(report(asked));
      },
      { deadlineMs: 300 },
    );
    expect(await untilAtRest(options)).toMatchObject({ atRest: false });
  });

  test('is asked again while it is away, with its query, and not after it is given up', async () => {
    const urls: string[] = [];
    const options = await stage(
      (url, response) => {
        urls.push(url);
        if (urls.length === 1) response.writeHead(503).end();
        else response.end(report(1));
      },
      { query: { of: 'naive' } },
    );
    expect(await untilAtRest(options)).toMatchObject({ atRest: true });
    expect(new Set(urls)).toEqual(new Set(['/conservation?of=naive']));
    const signal = AbortSignal.abort(new Error('given up'));
    await expect(untilAtRest({ ...options, signal })).rejects.toThrow('given up');
  });

  test('whose report is none says which', async () => {
    const options = await stage((_, response) => response.end('{}'));
    await expect(untilAtRest(options)).rejects.toThrow(/GET http.*\/conservation answered 200 with no report/);
  });
});

describe('stock', () => {
  const order = (sku: string) => ({ orderId: sku, key: sku, sku, quantity: 1, status: 'confirmed' });

  test('is read of each SKU once, in their order; of one that is not known there is none', async () => {
    const urls: string[] = [];
    const options = await stage((url, response) => {
      urls.push(url);
      const sku = url.slice('/stock/'.length);
      if (sku === 'ghost') response.writeHead(404).end('{}');
      else response.end(JSON.stringify({ sku, initial: 2, available: 1, sold: 1 }));
    });
    const stock = await readStock(options, [order('b'), order('ghost'), order('b')], ['a', 'b', 'c']);
    expect(stock).toEqual(['a', 'b', 'c'].map((sku) => ({ sku, initial: 2, available: 1 })));
    expect(urls.toSorted()).toEqual(['/stock/a', '/stock/b', '/stock/c', '/stock/ghost']);
  });

  test('that is refused is an error that names it', async () => {
    const options = await stage((_, response) => response.writeHead(400).end('no'));
    await expect(readStock(options, [order('a')], [])).rejects.toThrow(/GET .*\/stock\/a answered 400: no/);
  });
});
