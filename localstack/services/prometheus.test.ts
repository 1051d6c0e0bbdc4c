import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processIdentity } from '../../shared/process-identity.ts';
import { obtainPrometheus } from '../setup/obtain-prometheus.ts';
import { silentProgress } from '../setup/progress.ts';
import { eventually } from '../testing/eventually.ts';
import { freePort } from './ports.ts';
import { prometheusService } from './prometheus.ts';

const BOOT_TIMEOUT_MS = 300_000;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'heartline-prometheus-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

test('scrapes host:port and URLs, keeps its data between starts, and ends', { timeout: BOOT_TIMEOUT_MS }, async () => {
  const port = await freePort();
  const service = prometheusService({
    program: await obtainPrometheus(silentProgress),
    home,
    port,
    scrape: [
      { job: 'address', target: `127.0.0.1:${port}` },
      { job: 'url', target: `http://127.0.0.1:${port}/metrics` },
    ],
  });
  const value = async (url: string, query: string, atMs = Date.now()): Promise<string | undefined> => {
    const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}&time=${atMs / 1000}`);
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result[0]?.value[1];
  };
  const first = await service.start();
  expect(first.version).toMatch(/^\d+\.\d+/);
  await eventually('both to be scraped', async () => (await value(first.endpoints.url, 'sum(up)')) === '2', 30_000);
  const beforeStopMs = Date.now();
  await first.stop();
  expect(processIdentity(first.pid)).toBeUndefined();

  const second = await service.start();
  expect(await value(second.endpoints.url, 'sum(max_over_time(up[10m]))', beforeStopMs)).toBe('2');
  await second.stop();
});
