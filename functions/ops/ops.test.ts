import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { showCircuit } from '../../shared/ops/circuits.ts';
import { showConsumer } from '../../shared/ops/consumers.ts';
import { oneAtATime } from '../../shared/ops/one-at-a-time.ts';
import { processReadiness } from '../../shared/ops/process-readiness.ts';
import { READINESS_LIMIT_MS, readinessOf } from '../../shared/ops/readiness.ts';
import { DEPTH_COUNTED_MAX } from '../../shared/ops/readiness-store.ts';
import { canPublish, closePublishers } from '../../shared/stream/process-publisher.ts';
import { linkTo, silentServer } from '../../shared/testing/broken-servers.ts';
import { httpEvent } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { throughBroker } from '../testing/through-broker.ts';
import { handler as getOpenapi } from './get-openapi.ts';
import { handler as healthz } from './healthz.ts';
import { handler as readyz } from './readyz.ts';

const SLACK_MS = 500;
const POLLS = 40;

const stage = throughBroker();
let empty: TestDatabase;

beforeAll(async () => {
  empty = await testDatabase({ migrated: false });
});
afterAll(async () => {
  await closePublishers();
  await releaseDatabase();
  await empty.drop();
});
/** Both are there; no data plane is, which is not required. */
const use = async (url = stage.db.url, settings: Record<string, string> = {}) => {
  await closePublishers();
  await useDatabase(url, {
    HEARTLINE_STREAM_URL: stage.broker.endpoints.stream,
    AWS_ENDPOINT_URL_IOT_DATA_PLANE: 'http://127.0.0.1:1',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    ...settings,
  });
};

async function ready() {
  const startedAt = performance.now();
  const { statusCode, body = '' } = await readyz(httpEvent());
  const tookMs = performance.now() - startedAt;
  return { statusCode, tookMs, ...processReadiness.parse(JSON.parse(body)) };
}
/** What was found out a moment ago is still said. */
const eventuallyReady = (what: string, is: (now: Awaited<ReturnType<typeof ready>>) => boolean) =>
  eventually(what, async () => {
    const now = await ready();
    return is(now) && now;
  });
const stateOf = ({ dependencies }: Awaited<ReturnType<typeof ready>>, wanted: string) =>
  dependencies.find(({ name }) => name === wanted);
const sessions = async () =>
  (await stage.db.pool.query(`SELECT FROM pg_stat_activity WHERE application_name = 'heartline'`)).rowCount ?? 0;

describe('readyz', () => {
  test('200 when the database is migrated and the broker can be published to; what is not well behind it is told', async () => {
    await use();
    await stage.db.pool.query(`SELECT pgmq.send('db_first_alerts', '{}', 3600)`);
    const first = await eventuallyReady('both', ({ statusCode }) => statusCode === 200);
    expect(first).toMatchObject({ status: 'degraded', consumers: [], circuits: [] });
    expect(stateOf(first, 'iot-data-plane')).toMatchObject({ status: 'down', required: false });
    expect(first.queues).toMatchObject([
      { queue: 'db_first_alerts', depth: 1 },
      { queue: 'at_least_once_alerts', depth: 0, oldestSeconds: 0 },
    ]);
    showCircuit('processor', () => 'open');
    const health = { status: 'running', invocationsInFlight: 3, recordsWaiting: 9, recordsBehind: 1_234 } as const;
    showConsumer({ function: 'process-event', trigger: 'rabbitmqStream (events[0])' }, { health: () => health });
    expect(await ready()).toMatchObject({
      statusCode: 200,
      status: 'degraded',
      circuits: [{ name: 'processor', state: 'open' }],
      consumers: [{ function: 'process-event', status: 'running', inFlight: 3, behind: 1_234 }],
    });
  });

  test('a full queue costs no more than a short one', async () => {
    await stage.db.pool.query(`SELECT pgmq.send('at_least_once_alerts', '{}', 3600) FROM generate_series(1, $1::int)`, [
      DEPTH_COUNTED_MAX + 500,
    ]);
    await eventuallyReady('the queue', ({ queues }) => queues[1]?.depth === DEPTH_COUNTED_MAX);
  });

  test('503 when the broker is away, and 200 again when it is back', async () => {
    const { port } = new URL(stage.broker.endpoints.stream);
    const link = await linkTo(Number(port));
    await use(stage.db.url, { HEARTLINE_STREAM_URL: `rabbitmq-stream://127.0.0.1:${link.port}` });
    await eventuallyReady('200', ({ statusCode }) => statusCode === 200);
    link.cut();
    const away = await eventuallyReady('503', ({ statusCode }) => statusCode === 503);
    expect(stateOf(away, 'broker')).toMatchObject({
      reason: expect.stringMatching(/^stream_unavailable: .*no connect/),
    });
    expect(away.tookMs).toBeLessThan(READINESS_LIMIT_MS + SLACK_MS);
    link.restore();
    await eventuallyReady('200', ({ statusCode }) => statusCode === 200);
    await closePublishers();
    await link.close();
  });

  test('503 when the database is not migrated', async () => {
    await use(empty.url);
    const now = await eventuallyReady('503', ({ statusCode }) => statusCode === 503);
    expect(stateOf(now, 'postgres')).toMatchObject({ reason: expect.stringContaining('not_migrated') });
  });

  test('503 when nobody listens, and healthz is 200 all the same', async () => {
    await use('postgres://postgres@127.0.0.1:1/none', { HEARTLINE_STREAM_URL: 'rabbitmq-stream://127.0.0.1:1' });
    const unavailable = expect.stringContaining('database_unavailable');
    const now = await eventuallyReady(
      'why, of both',
      (is) =>
        stateOf(is, 'postgres')?.reason?.includes('unavailable') === true && stateOf(is, 'broker')?.status === 'down',
    );
    expect(stateOf(now, 'postgres')).toMatchObject({ reason: unavailable });
    expect(stateOf(now, 'broker')).toMatchObject({ status: 'down' });
    expect(await healthz(httpEvent())).toMatchObject({ statusCode: 200, body: '{"status":"alive"}' });
    await expect(canPublish()).rejects.toMatchObject({ code: 'stream_unavailable' });
  });

  test('within a second when all of them hang, however many ask; and each is asked once', async () => {
    const silent = await silentServer();
    await use(`postgres://postgres@127.0.0.1:${silent.port}/none`, {
      HEARTLINE_DB_TIMEOUT_MS: '3000',
      HEARTLINE_STREAM_URL: `rabbitmq-stream://127.0.0.1:${silent.port}`,
    });
    await eventuallyReady('what was known to be over', ({ dependencies: [postgres] }) =>
      String(postgres?.reason).startsWith('no answer'),
    );
    const answers = await Promise.all(Array.from({ length: POLLS }, ready));
    for (const { statusCode, tookMs } of answers) {
      expect(statusCode).toBe(503);
      expect(tookMs).toBeLessThan(READINESS_LIMIT_MS + SLACK_MS);
    }
    // One for the migrations, one for the queues, and the links to the streams.
    expect(silent.connections()).toBeLessThan(10);
    await silent.close();
  });

  test('polled without end it holds no more connections than before', async () => {
    await use();
    await eventuallyReady('200', ({ statusCode }) => statusCode === 200);
    const before = await sessions();
    for (let round = 0; round < POLLS; round += 1) await Promise.all([ready(), ready(), ready(), ready()]);
    expect(await sessions()).toBeLessThanOrEqual(Math.max(before, 2));
  });

  test('its answer is in the document of the routes', async () => {
    const { paths } = JSON.parse((await getOpenapi(httpEvent())).body ?? '');
    const { responses } = paths['/readyz'].get;
    for (const status of ['200', '503']) {
      const { properties } = responses[status].content['application/json'].schema;
      expect(Object.keys(properties)).toEqual(['status', 'dependencies', 'consumers', 'circuits', 'queues']);
    }
  });
});

test('one dependency that is down does not hide the state of another, and only a required one counts', async () => {
  const bad = () => Promise.reject(new Error('a secret'));
  const { ready: isReady, dependencies } = await readinessOf({
    good: { ask: () => Promise.resolve(), required: true },
    bad: { ask: bad, required: false },
  });
  expect(isReady).toBe(true);
  expect(dependencies).toMatchObject([
    { name: 'good', status: 'up' },
    { name: 'bad', status: 'down', reason: 'the check failed; see the log' },
  ]);
  expect((await readinessOf({ bad: { ask: bad, required: true } })).ready).toBe(false);
});

test('work that is under way is not begun again, and what it threw is not kept for ever', async () => {
  let times = 0;
  let fail = true;
  const ask = oneAtATime(0, async () => {
    times += 1;
    if (fail) throw new Error('once');
    return times;
  });
  const both = await Promise.allSettled([ask(), ask()]);
  expect([times, ...both.map(({ status }) => status)]).toEqual([1, 'rejected', 'rejected']);
  fail = false;
  expect(await ask()).toBe(2);
});
