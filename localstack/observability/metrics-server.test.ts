import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetricBridge } from './bridge.ts';
import { type MetricsServer, startMetricsServer } from './metrics-server.ts';
import { sampleOf } from './testing/exposition.ts';

const bridge = createMetricBridge();
const host = '127.0.0.1';
let server: MetricsServer;

beforeAll(async () => {
  server = await startMetricsServer({ port: 0, host, bridge });
});
afterAll(() => server.close());

describe('the metrics server', () => {
  test('serves the metrics with the type that Prometheus asks for', async () => {
    bridge.recordMetric('dead_letters_total', 2, { queue: 'staff', code: 'alert.invalid' });
    const response = await fetch(`${server.url}/metrics?x=1`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(sampleOf(await response.text(), 'dead_letters_total', { queue: 'staff', code: 'alert.invalid' })).toBe(2);
  });

  test('says that it is healthy', async () => {
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/healthz`, { method: 'HEAD' })).status).toBe(200);
  });

  test('knows nothing else', async () => {
    expect((await fetch(`${server.url}/`)).status).toBe(404);
    expect((await fetch(`${server.url}/metrics/x`)).status).toBe(404);
    expect((await fetch(`${server.url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  test('a busy port is an error that names the port and its setting', async () => {
    await expect(startMetricsServer({ port: server.port, host, bridge })).rejects.toMatchObject({
      code: 'metrics.port_in_use',
      message: expect.stringMatching(new RegExp(`${server.port}.*HEARTLINE_METRICS_PORT`)),
    });
  });

  test('an address that is not this machine is an error too', async () => {
    await expect(startMetricsServer({ port: 0, host: '192.0.2.1', bridge })).rejects.toMatchObject({
      code: 'metrics.port_unusable',
      message: expect.stringContaining('EADDRNOTAVAIL'),
    });
  });

  test('closes though a scraper keeps its connection, and frees the port', async () => {
    const other = await startMetricsServer({ port: 0, host, bridge });
    await (await fetch(`${other.url}/metrics`, { headers: { connection: 'keep-alive' } })).text();
    await other.close();
    const again = createServer();
    await new Promise<void>((resolve) => again.listen(other.port, host, resolve));
    await new Promise((resolve) => again.close(resolve));
  });
});
