import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { declareStreams } from '../localstack/testing/broker.ts';
import { type TestDatabase, testDatabase } from '../localstack/testing/database.ts';
import { eventually } from '../localstack/testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../localstack/testing/functions.ts';
import { config } from '../shared/config.ts';
import { fetchAllowed } from '../shared/testing/fetch-as.ts';
import { type KeyedAnswer, throughProxy } from './testing/answer-proxy.ts';
import { type TestBroker, testBroker } from './testing/broker.ts';
import { type FinishedRun, finished, K6_FAILED, type Point, runK6 } from './testing/run-k6.ts';

const START_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 120_000;
const FAULT_DEADLINE_MS = 60_000;
const SERVER_ERRORS = 500;

let broker: TestBroker;
let database: TestDatabase;
let functions: TestFunctions;
beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker(), testDatabase()]);
  await declareStreams(broker.endpoints);
  functions = await startFunctions(database.url, {
    HEARTLINE_STREAM_URL: broker.endpoints.stream,
    HEARTLINE_PURCHASE_NAIVE: 'true',
  });
  // The first answers of functions that were never called take seconds.
  for (const via of ['sync', 'async', 'naive']) {
    const body = JSON.stringify({ sku: 'none', quantity: 1, customerId: 'c' });
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'warm' };
    const url = `${functions.http}/inventory/${via}/purchase`;
    const ask = async () => (await fetchAllowed(url, { method: 'POST', headers, body })).status < SERVER_ERRORS;
    await eventually(`an answer from ${via}`, ask, FAULT_DEADLINE_MS);
  }
}, START_TIMEOUT_MS);
afterAll(async () => {
  await functions?.stop();
  await database?.drop();
  await broker?.stop();
});

/** Rising from 20 to 60 a second in three seconds. */
const SMALL = { DURATION: '3s', RATE_LOW: '20', RATE_HIGH: '60', VUS: '150', HTTP_TIMEOUT: '3s' };
const PLANNED = 120;
const shop = (via: string, settings: Record<string, string> = {}): Promise<FinishedRun> =>
  runK6('purchase', { BASE_URL: functions.http, VIA: via, ...SMALL, ...settings });
const sum = (points: readonly Point[]) => points.reduce((total, { value }) => total + value, 0);
const ordersOf = async (runId: string) =>
  (await database.pool.query('SELECT * FROM purchase.orders WHERE key LIKE $1', [`${runId}-%`])).rows;
const through = (change: (answer: KeyedAnswer) => string, run: (url: string) => Promise<FinishedRun>) =>
  throughProxy(functions.http, change, run);

describe('npm run k6 -- purchase', () => {
  test(
    'one product, decided at once: each purchase has an order, the last customers find none left',
    async () => {
      const words = Object.entries({ ...SMALL, SEED: '31', RUN_ID: '0a000001' });
      const command = join(config().projectRoot, 'localstack', 'commands', 'k6.ts');
      const settings = words.flatMap(([name, value]) => ['-e', `${name}=${value}`]);
      const { code, output } = await finished(process.execPath, [command, 'purchase', ...settings], {
        HEARTLINE_HTTP_URL: functions.http,
      });
      expect(code, output).toBe(0);
      const orders = await ordersOf('0a000001');
      const confirmed = orders.filter(({ status }) => status === 'confirmed').length;
      expect(confirmed).toBe(Math.ceil(PLANNED * 0.95));
      expect(orders.length).toBeGreaterThanOrEqual(PLANNED * 0.95);
      expect(output).toContain(`decided: ${orders.length} orders of 1 products, ${confirmed} confirmed`);
      expect(output).toContain(`stock: ${confirmed} at first, ${confirmed} sold, 0 left`);
      expect(output).toMatch(
        /Purchases: 120 planned, 1(1[4-9]|20) sent, 0 dropped for want of VUs, [0-6] not begun in time/,
      );
      expect(output).toMatch(/sent again: 6 answered with the same bytes, 0 with others, 0 not/);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'many products, decided later: what was accepted is waited for',
    async () => {
      const run = await shop('async', { SKUS: '20', SEED: '32', RUN_ID: '0a000002' });
      expect(run.code, run.output).toBe(0);
      const orders = await ordersOf('0a000002');
      // Of some more, on a busy machine, the stream's confirm came too late for their customer.
      const accepted = sum(run.of('purchases_accepted'));
      expect(orders.length).toBeGreaterThanOrEqual(accepted);
      expect(sum(run.of('purchases_confirmed')) + sum(run.of('purchases_rejected'))).toBe(accepted);
      expect(run.of('decided_ms')).toHaveLength(accepted);
      expect(run.of('decided_ms').every(({ value, tags }) => value > 0 && tags['via'] === 'async')).toBe(true);
      expect(new Set(orders.map(({ sku }) => sku)).size).toBeGreaterThan(10);
    },
    RUN_TIMEOUT_MS,
  );

  test.each([
    ['sync', '0a000003'],
    ['async', '0a000004'],
  ])(
    'fails when an accepted order is gone: %s',
    async (via, runId) => {
      const running = shop(via, { SEED: '33', RUN_ID: runId, WAIT: '4s' });
      const gone = await eventually(
        'an order to delete',
        async () => {
          const text = `DELETE FROM purchase.orders WHERE key LIKE $1 AND right(key, 2) = '07' RETURNING order_id`;
          return (await database.pool.query(text, [`${runId}-%`])).rows[0];
        },
        FAULT_DEADLINE_MS,
      );
      const run = await running;
      expect(K6_FAILED, run.output).toContain(run.code);
      expect(run.output).toContain(`1 accepted purchases have no order after 4 s, the first is order ${gone.order_id}`);
      expect(run.output).toContain('✗ purchases_undecided: count==0');
      expect(run.output).toMatch(/the stock of 1 products does not add up/);
      expect(run.output).toContain('the inventory says that 1 products of this run do not add up');
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'fails when a repetition is answered with other bytes',
    async () => {
      const { run } = await through(
        ({ body, time }) => (time === 2 ? `${body} ` : body),
        (url) => shop('sync', { SEED: '35', RUN_ID: '0a000006', BASE_URL: url }),
      );
      expect(K6_FAILED, run.output).toContain(run.code);
      expect(run.output).toContain('✗ repeat_differs: count==0');
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'ends before it begins when the run has been',
    async () => {
      const run = await shop('sync', { RUN_ID: '0a000001' });
      expect(run.code, run.output).not.toBe(0);
      expect(run.output).toMatch(/k6-0a000001-1 has been sold: there was a run 0a000001 already/);
      expect(run.of('producer_sent_msgs')).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );
});

describe('with phases', () => {
  const PHASES = JSON.stringify([
    { name: 'baseline', startS: 2, durationS: 1, rates: [40] },
    { name: 'fault', startS: 6, durationS: 2, rates: [20, 40] },
  ]);
  const PLANNED_IN_PHASES = 100;
  const experiment = (via: string, settings: Record<string, string>) => shop(via, { PHASES, ...settings });
  const factsOf = (points: readonly Point[], name: string) => points.map(({ metadata }) => metadata[name] ?? '').sort();

  test(
    'a seed decides the purchases; each says which it is, and under which id it was accepted',
    async () => {
      const first = await experiment('async', { SEED: '41', SKUS: '50' });
      expect(first.code, first.output).toBe(0);
      expect(first.output).toContain('phase fault: planned 60 messages, sent 60');
      const again = await experiment('sync', { SEED: '41', SKUS: '50', RUN_ID: '0b000001' });
      expect(again.code, again.output).toBe(0);
      const [runId = ''] = /(?<=, run )[0-9a-f]{8}/.exec(first.output) ?? [];
      const bought = (run: FinishedRun, id: string) =>
        run
          .of('producer_sent_msgs')
          .map(({ metadata, tags }) =>
            `${tags['phase']} ${metadata['eventId']} ${metadata['patientId']}`.replaceAll(id, 'run'),
          )
          .sort();
      expect(bought(first, runId)).toHaveLength(PLANNED_IN_PHASES);
      expect(bought(again, '0b000001')).toEqual(bought(first, runId));
      const acked = first.of('producer_acked_msgs');
      const accepted = factsOf(acked, 'orderId');
      expect(accepted.length).toBeGreaterThan(0);
      const idsOf = async () => new Map((await ordersOf(runId)).map(({ order_id, key }) => [order_id, key]));
      await eventually('every order', async () => {
        const ids = await idsOf();
        return accepted.every((id) => ids.has(id));
      });
      const ids = await idsOf();
      expect(accepted.map((id) => ids.get(id)).sort()).toEqual(factsOf(acked, 'eventId'));
      expect(new Set(acked.map(({ tags }) => tags['outcome']))).toEqual(new Set(['accepted']));
      const decided = again.of('producer_acked_msgs').map(({ tags }) => tags['outcome']);
      expect(new Set(decided)).toEqual(new Set(['confirmed']));
    },
    RUN_TIMEOUT_MS,
  );

  describe('and answers that are cut in the middle', () => {
    /** Every fifth purchase's first answer. */
    const cut = ({ key, time, body }: KeyedAnswer) => (time === 1 && /[05a]"?$/.test(key) ? 'cut' : body);

    test.each([
      ['sync', '0b000002'],
      ['async', '0b000003'],
    ])(
      'a customer sends the same again, and has one order: %s',
      async (via, runId) => {
        const { run, times } = await through(cut, (url) => experiment(via, { BASE_URL: url, RUN_ID: runId }));
        expect(run.code, run.output).toBe(0);
        const keys = factsOf(run.of('producer_sent_msgs'), 'eventId');
        const acked = factsOf(run.of('producer_acked_msgs'), 'eventId');
        expect([...acked, ...factsOf(run.of('producer_failed_msgs'), 'eventId')].sort()).toEqual(keys);
        const resent = run.of('producer_resent_msgs');
        // A cut takes along who uses the connection next; on a busy machine an answer may also be too late.
        const cutKeys = keys.filter((key) => /[05a]$/.test(key));
        const unanswered = resent.filter(({ tags }) => tags['reason'] === 'no_answer');
        expect(new Set(factsOf(unanswered, 'eventId'))).toEqual(
          new Set([...factsOf(unanswered, 'eventId'), ...cutKeys]),
        );
        expect(resent.filter(({ tags }) => !['no_answer', 'timeout'].includes(tags['reason'] ?? ''))).toEqual([]);
        expect([...times.values()].filter((count) => count > 1).length).toBeGreaterThanOrEqual(cutKeys.length);
        const orderKeys = async () => (await ordersOf(runId)).map(({ key }) => key);
        await eventually('every order', async () => {
          const ordered = new Set(await orderKeys());
          return acked.every((key) => ordered.has(key));
        });
        const ordered = await orderKeys();
        expect(new Set(ordered).size).toBe(ordered.length);
        expect(ordered.filter((key) => !keys.includes(key))).toEqual([]);
        expect(run.of('repeat_differs')).toEqual([]);
      },
      RUN_TIMEOUT_MS,
    );

    test(
      'without a guard, what is sent twice is sold twice',
      async () => {
        const { run } = await through(cut, (url) => experiment('naive', { BASE_URL: url, RUN_ID: '0b000004' }));
        expect(run.code, run.output).toBe(0);
        const { rows } = await database.pool.query(
          'SELECT key FROM purchase.naive_orders WHERE key LIKE $1 GROUP BY key HAVING count(*) > 1',
          ['0b000004-%'],
        );
        expect(rows.length).toBeGreaterThan(0);
        expect(sum(run.of('repeat_differs'))).toBeGreaterThan(0);
      },
      RUN_TIMEOUT_MS,
    );
  });
});
