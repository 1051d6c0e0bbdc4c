import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Proxy as NetworkProxy, Toxiproxy } from 'toxiproxy-node-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../localstack/services/ports.ts';
import type { RunningService } from '../../localstack/services/service.ts';
import { toxiproxyService } from '../../localstack/services/toxiproxy.ts';
import { obtainToxiproxy } from '../../localstack/setup/obtain-go-tool.ts';
import { silentProgress } from '../../localstack/setup/progress.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../../localstack/testing/functions.ts';
import { anAlert } from '../../shared/testing/alerts.ts';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';

const START_TIMEOUT_MS = 120_000;
const DB_TIMEOUT_MS = 500;
/** What an answer may take beyond the limit on a machine that runs other tests beside this one. */
const SLACK_MS = 1_500;
/** functions.yml: the first attempt and nine more. */
const ATTEMPTS = 10;
/** Longer than the limit: every statement is given up on. */
const LATENCY_MS = 2_000;

/** The whole of it over a real network fault: HTTP, handlers, pool, a proxy that delays or cuts, Postgres. */
describe('a database behind a bad network', () => {
  let home: string;
  let database: TestDatabase;
  let toxiproxy: RunningService<{ api: string }>;
  let proxy: NetworkProxy;
  let functions: TestFunctions;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'heartline-toxic-'));
    database = await testDatabase();
    toxiproxy = await toxiproxyService({
      program: await obtainToxiproxy(silentProgress),
      home,
      port: await freePort(),
    }).start();
    const real = new URL(database.url);
    const listen = `127.0.0.1:${await freePort()}`;
    proxy = await new Toxiproxy(toxiproxy.endpoints.api).createProxy({ name: 'postgres', listen, upstream: real.host });
    const proxied = new URL(database.url);
    proxied.host = listen;
    functions = await startFunctions(proxied.href, { HEARTLINE_DB_TIMEOUT_MS: String(DB_TIMEOUT_MS) });
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await functions.stop();
    await toxiproxy.stop();
    await database.drop();
    await rm(home, { recursive: true, force: true });
  });

  async function post(alert: ReturnType<typeof anAlert>) {
    const started = performance.now();
    const answer = await fetchAllowed(`${functions.http}/db-first/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alert),
    });
    const body = (await answer.json()) as { code?: string };
    return { status: answer.status, code: body.code, headers: answer.headers, tookMs: performance.now() - started };
  }
  const count = async (table: string, eventId: string, column: string) =>
    (
      await database.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${column} = $1`, [
        eventId,
      ])
    ).rows[0]?.n;

  const reachable = (enabled: boolean) => proxy.update({ listen: proxy.listen, upstream: proxy.upstream, enabled });

  async function expectRefusedInTime(): Promise<ReturnType<typeof anAlert>> {
    const alert = anAlert();
    const answer = await post(alert);
    expect(answer.status).toBe(503);
    expect(answer.code).toMatch(/^database_(slow|unavailable)$/);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.tookMs).toBeLessThan(DB_TIMEOUT_MS + SLACK_MS);
    return alert;
  }

  /** Sent again when the fault is over, the alert is stored and staff are told once, whatever became of the first try. */
  async function expectTakenOnce(alert: ReturnType<typeof anAlert>): Promise<void> {
    await eventually('the alert to be taken', async () => [200, 201].includes((await post(alert)).status), 30_000);
    expect(await count('db_first.alerts', alert.eventId, 'event_id')).toBe(1);
    await eventually(
      'staff to be told',
      async () => (await count('db_first.notifications', alert.eventId, 'event_id')) === 1,
      30_000,
    );
    await eventually(
      'no message to be left',
      async () => (await count('pgmq.q_db_first_alerts', alert.eventId, `message->>'eventId'`)) === 0,
      30_000,
    );
    expect(await count('pgmq.q_db_first_alerts_dlq', alert.eventId, `message->>'eventId'`)).toBe(0);
  }

  test('slower than the limit: 503 in bounded time; afterwards taken, once', { timeout: 90_000 }, async () => {
    await expectTakenOnce(anAlert());
    const toxic = await proxy.addToxic({
      name: 'slow',
      type: 'latency',
      attributes: { latency: LATENCY_MS, jitter: 0 },
      stream: 'downstream',
      toxicity: 1,
    });
    const alert = await expectRefusedInTime();
    await toxic.remove();
    await expectTakenOnce(alert);
  });

  test('cut off: 503 in bounded time, readyz says which dependency; afterwards taken, once', {
    timeout: 90_000,
  }, async () => {
    await reachable(false);
    const alert = await expectRefusedInTime();
    const ready = await fetchAllowed(`${functions.http}/readyz`);
    expect(ready.status).toBe(503);
    const { dependencies } = (await ready.json()) as { dependencies: object[] };
    expect(dependencies).toContainEqual(expect.objectContaining({ name: 'postgres', status: 'down' }));
    expect((await fetchAllowed(`${functions.http}/healthz`)).status, 'alive all the same').toBe(200);
    await reachable(true);
    await expectTakenOnce(alert);
  });

  test('an alert outlasts more failures than it has attempts, for they are not its own', {
    timeout: 120_000,
  }, async () => {
    const locker = await database.pool.connect();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE db_first.notifications');
    const alert = anAlert();
    expect((await post(alert)).status).toBe(201);
    const before = await failedBatches();
    await eventually('more failures than attempts', async () => (await failedBatches()) > before + ATTEMPTS, 60_000);
    await locker.query('COMMIT');
    locker.release();
    await expectTakenOnce(alert);
  });

  async function failedBatches(): Promise<number> {
    const line = /^trigger_batches_total\{[^}]*outcome="failed"[^}]*\} (\d+)/m.exec(await functions.bridge.render());
    return Number(line?.[1] ?? 0);
  }
});
