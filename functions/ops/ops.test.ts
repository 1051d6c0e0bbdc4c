import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { READINESS_LIMIT_MS, readinessOf } from '../../shared/ops/readiness.ts';
import { silentServer } from '../../shared/testing/broken-servers.ts';
import { httpEvent } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as healthz } from './healthz.ts';
import { handler as readyz } from './readyz.ts';

const SLACK_MS = 500;

let db: TestDatabase;
let empty: TestDatabase;

beforeAll(async () => {
  [db, empty] = await Promise.all([testDatabase(), testDatabase({ migrated: false })]);
});

afterAll(async () => {
  await releaseDatabase();
  await Promise.all([db.drop(), empty.drop()]);
});

async function ready(): Promise<{ statusCode: number | undefined; body: unknown; tookMs: number }> {
  const startedAt = performance.now();
  const { statusCode, body } = await readyz(httpEvent());
  return { statusCode, body: JSON.parse(body ?? ''), tookMs: performance.now() - startedAt };
}

const postgresIs = (fields: object) => ({
  dependencies: [{ name: 'postgres', latencyMs: expect.any(Number), ...fields }],
});

describe('readyz', () => {
  test('200 when the database answers and is migrated', async () => {
    await useDatabase(db.url);
    expect(await ready()).toMatchObject({
      statusCode: 200,
      body: { status: 'ready', ...postgresIs({ status: 'up' }) },
    });
  });

  test('503 when it is not migrated', async () => {
    await useDatabase(empty.url);
    const reason = expect.stringContaining('not_migrated');
    expect(await ready()).toMatchObject({ statusCode: 503, body: postgresIs({ status: 'down', reason }) });
  });

  test('503 when nobody listens, and healthz is 200 all the same', async () => {
    await useDatabase('postgres://postgres@127.0.0.1:1/none');
    const reason = expect.stringContaining('database_unavailable');
    expect(await ready()).toMatchObject({ statusCode: 503, body: postgresIs({ status: 'down', reason }) });
    expect(await healthz(httpEvent())).toMatchObject({ statusCode: 200, body: '{"status":"alive"}' });
  });

  test('503 within a second when the database hangs, though a statement may take longer', async () => {
    const silent = await silentServer();
    await useDatabase(`postgres://postgres@127.0.0.1:${silent.port}/none`, { HEARTLINE_DB_TIMEOUT_MS: '3000' });
    const { statusCode, body, tookMs } = await ready();
    expect({ statusCode, body }).toMatchObject({ statusCode: 503, body: postgresIs({ status: 'down' }) });
    expect(tookMs).toBeLessThan(READINESS_LIMIT_MS + SLACK_MS);
    await silent.close();
  });
});

test('one dependency that is down does not hide the state of another', async () => {
  const { ready: isReady, dependencies } = await readinessOf({
    good: () => Promise.resolve(),
    bad: () => Promise.reject(new Error('a secret')),
  });
  expect(isReady).toBe(false);
  expect(dependencies).toMatchObject([
    { name: 'good', status: 'up' },
    { name: 'bad', status: 'down', reason: 'the check failed; see the log' },
  ]);
});
