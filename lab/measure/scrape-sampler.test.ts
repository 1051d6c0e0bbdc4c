import type { ServerResponse } from 'node:http';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../localstack/testing/eventually.ts';
import { createMeasurements } from './measurements.ts';
import { type SamplerOptions, startScrapeSampler } from './scrape-sampler.ts';
import { serve, type TestServer } from './testing/http-server.ts';

const DEADLINE_MS = 30_000;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function server(...args: Parameters<typeof serve>): Promise<TestServer> {
  const started = await serve(...args);
  let closed = false;
  const close = async () => {
    if (!closed) await started.close();
    closed = true;
  };
  closing.push(close);
  return { ...started, close };
}
function sampler(options: SamplerOptions) {
  const started = startScrapeSampler(options);
  closing.push(started.stop);
  return started;
}
const page = (value: number) => `# TYPE g gauge\ng ${value}\n`;
const goodOf = (started: ReturnType<typeof sampler>, url: string) => started.counts().get(url);

describe('the sampler', () => {
  test('reads a real registry; what it kept answers for a phase', async () => {
    const register = new Registry();
    const counter = new Counter({ name: 'alerts_total', help: 'h', labelNames: ['stage'], registers: [register] });
    new Counter({ name: 'refused_total', help: 'h', labelNames: ['reason'], registers: [register] });
    const latency = new Histogram({ name: 'latency_ms', help: 'h', buckets: [10, 20], registers: [register] });
    new Gauge({ name: 'nobody_asked', help: 'h', registers: [register] }).set(1);
    const { url } = await server((_request, response) => {
      register.metrics().then((text) => response.end(text));
    });
    const families = ['alerts_total', 'refused_total', 'latency_ms'];
    // A beat that never comes again: the samples are those that are asked for.
    const one = sampler({ urls: [url], families, intervalMs: 60_000 });
    await eventually('the first sample', () => goodOf(one, url)?.good === 1, DEADLINE_MS);
    const fromMs = Date.now();
    counter.inc({ stage: 'db-first' }, 3);
    for (const ms of [5, 12, 14, 99]) latency.observe(ms);
    const toMs = Date.now();
    await one.sampleNow();
    const { value } = createMeasurements({
      startedAtMs: fromMs,
      phases: [{ name: 'fault', fromMs, toMs }],
      targets: one.targets,
    });
    expect(value({ metric: 'alerts_total', statistic: 'count', labels: { stage: 'db-first' } }, 'fault')).toBe(3);
    expect(value({ metric: 'refused_total', statistic: 'count' }, 'fault')).toBe(0);
    expect(value({ metric: 'latency_ms', statistic: 'count' }, 'fault')).toBe(4);
    expect(value({ metric: 'latency_ms', statistic: 'mean' }, 'fault')).toBe(32.5);
    expect(value({ metric: 'latency_ms', statistic: 'p50' }, 'fault')).toBe(15);
    expect(value({ metric: 'nobody_asked', statistic: 'last' }, 'fault')).toBeUndefined();
  });

  test('keeps its beat: each tick at a multiple of the interval', async () => {
    const { url } = await server((_request, response) => response.end(page(1)));
    const INTERVAL_MS = 100;
    const one = sampler({ urls: [url], families: ['g'], intervalMs: INTERVAL_MS });
    await eventually('ten samples', () => (goodOf(one, url)?.good ?? 0) >= 10, DEADLINE_MS);
    const scrapes = one.targets[0]?.scrapes ?? [];
    const first = scrapes[0]?.fromMs ?? Number.NaN;
    // Never early, but for the moments by which the first was late; late only as the machine is.
    for (const [place, { fromMs }] of scrapes.entries()) {
      expect(fromMs - first).toBeGreaterThan((place - 0.5) * INTERVAL_MS);
    }
    expect(scrapes.map(({ tick }) => tick)).toEqual(scrapes.map((_, place) => place));
  });

  test('never asks a slow page twice at a time, counts what it skips, and goes on beside it', async () => {
    let [open, most] = [0, 0];
    const waiting: ServerResponse[] = [];
    const slow = await server((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      response.once('close', () => {
        open -= 1;
      });
      waiting.push(response);
    });
    const fast = await server((_request, response) => response.end(page(1)));
    const one = sampler({ urls: [slow.url, fast.url], families: ['g'], intervalMs: 50, timeoutMs: 60_000 });
    await eventually('five ticks skipped', () => (goodOf(one, slow.url)?.skipped ?? 0) >= 5, DEADLINE_MS);
    expect(goodOf(one, fast.url)?.good).toBeGreaterThanOrEqual(3);
    waiting[0]?.end(page(7));
    await eventually('the slow page to be read', () => goodOf(one, slow.url)?.good === 1, DEADLINE_MS);
    await eventually('it to be asked again', () => waiting.length === 2, DEADLINE_MS);
    expect(most).toBe(1);
    waiting[1]?.end(page(8));
  });

  test.each<[string, RegExp, (response: ServerResponse) => void]>([
    ['answers 503', /^status 503$/, (response) => response.writeHead(503).end('no')],
    ['does not answer', /^no whole answer within 100 ms$/, () => undefined],
    [
      'is cut off',
      /closed|aborted|hang up/,
      (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write(page(1), () => response.destroy());
      },
    ],
    ['ends within a line', /cut off/, (response) => response.end('# TYPE g gauge\ng 1')],
    ['is no page of metrics', /line 1: no name/, (response) => response.end('<html>\n')],
    ['is wrong in a line', /line 2: 'x' is no number/, (response) => response.end('# TYPE g gauge\ng x\n')],
  ])('counts a page that %s as failed, and reads the next', async (_what, reason, answer) => {
    let broken = true;
    const { url } = await server((_request, response) => {
      if (broken) answer(response);
      else response.end(page(5));
    });
    const one = sampler({ urls: [url], families: ['g'], intervalMs: 60_000, timeoutMs: 100 });
    await eventually('the failure', () => goodOf(one, url)?.failed === 1, DEADLINE_MS);
    broken = false;
    await one.sampleNow();
    expect(goodOf(one, url)).toMatchObject({ good: 1, failed: 1, lastReason: expect.stringMatching(reason) });
    expect(one.targets[0]?.scrapes.map(({ values }) => values && [...values])).toEqual([undefined, [5]]);
  });

  test('lives through a process that goes and comes back on its port', async () => {
    const before = await server((_request, response) => response.end(page(1)));
    const one = sampler({ urls: [before.url], families: ['g'], intervalMs: 60_000, timeoutMs: 5_000 });
    await eventually('the first sample', () => goodOf(one, before.url)?.good === 1, DEADLINE_MS);
    await before.close();
    await one.sampleNow();
    expect(goodOf(one, before.url)).toMatchObject({ good: 1, failed: 1 });
    await server((_request, response) => response.end(page(2)), before.port);
    await eventually(
      'a sample of the new process',
      async () => {
        await one.sampleNow();
        return goodOf(one, before.url)?.good === 2;
      },
      DEADLINE_MS,
    );
  });

  test('asks nothing after stop', async () => {
    let asked = 0;
    const { url } = await server((_request, response) => {
      asked += 1;
      response.end(page(1));
    });
    const one = startScrapeSampler({ urls: [url], families: ['g'], intervalMs: 20 });
    await eventually('three samples', () => asked >= 3, DEADLINE_MS);
    await one.stop();
    const atStop = asked;
    // Another sampler of the same beat takes five turns meanwhile.
    const { url: otherUrl } = await server((_request, response) => response.end(page(1)));
    const other = sampler({ urls: [otherUrl], families: ['g'], intervalMs: 20 });
    await eventually('five samples of the other', () => (goodOf(other, otherUrl)?.good ?? 0) >= 5, DEADLINE_MS);
    expect(asked).toBe(atStop);
    expect(goodOf(one, url)?.good).toBe(atStop);
  });

  test('refuses what is no address', () => {
    expect(() => startScrapeSampler({ urls: ['127.0.0.1:9464'], families: [] })).toThrow(/must begin with http:\/\//);
  });
});
