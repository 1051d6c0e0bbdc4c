import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { declareStreams } from '../localstack/testing/broker.ts';
import { type TestDatabase, testDatabase } from '../localstack/testing/database.ts';
import { eventually } from '../localstack/testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../localstack/testing/functions.ts';
import { config } from '../shared/config.ts';
import { partitionOf } from '../shared/topology/partition-of.ts';
import { readTopology } from '../shared/topology/read-topology.ts';
import { type TestBroker, testBroker } from './testing/broker.ts';
import { ackProxy, type FrameProxy } from './testing/frame-proxy.ts';
import { finished, K6_FAILED, type Point, runK6 } from './testing/run-k6.ts';

const START_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 120_000;
const CUT_DEADLINE_MS = 60_000;
/** PUBACK, in the high half of a packet's first byte. */
/** Of 480 messages, the acknowledgements that never arrive. */
const ACKS_SWALLOWED = 3;

let broker: TestBroker;
let database: TestDatabase;
let functions: TestFunctions;
beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker(), testDatabase()]);
  const { mqtt, stream: streamUrl } = broker.endpoints;
  await declareStreams(broker.endpoints);
  functions = await startFunctions(database.url, { HEARTLINE_MQTT_URL: mqtt, HEARTLINE_STREAM_URL: streamUrl });
}, START_TIMEOUT_MS);
afterAll(async () => {
  await functions?.stop();
  await database?.drop();
  await broker?.stop();
});

const command = join(config().projectRoot, 'localstack', 'commands', 'k6.ts');
/** Ten monitors and few messages; how fast an acknowledgement comes is not asked: other tests run beside this one. */
const SMALL = ['SPEED=any', 'VUS=10'];
const k6 = (...settings: string[]) =>
  finished(
    process.execPath,
    [command, 'at-least-once', ...[...SMALL, ...settings].flatMap((setting) => ['-e', setting])],
    { HEARTLINE_HTTP_URL: functions.http, HEARTLINE_WEB_MQTT_URL: broker.endpoints.webMqtt },
  );
const idsOf = (points: readonly Point[]) => points.map(({ metadata }) => metadata['eventId'] ?? '').sort();
async function storedIds(): Promise<string[]> {
  const { rows } = await database.pool.query('SELECT event_id FROM at_least_once.alerts');
  return rows.map(({ event_id }) => event_id).sort();
}

describe('npm run k6 -- at-least-once', () => {
  test(
    'staff are told of every alert once; each partition has a quarter of them',
    async () => {
      const { code, output } = await k6('DURATION=1s', 'RATE_LOW=20', 'RATE_HIGH=60');
      expect(code, output).toBe(0);
      expect(output).toContain('staff were told of 200 of 200 alerts, of 0 more than once');
      const { rows } = await database.pool.query('SELECT ward, count(*)::int FROM at_least_once.alerts GROUP BY ward');
      const topology = readTopology();
      const shares = new Map(rows.map(({ ward, count }) => [partitionOf(topology, 'alerts.raw', ward), count / 200]));
      expect(shares.size).toBe(4);
      for (const share of shares.values()) expect(Math.abs(share - 1 / 4)).toBeLessThan(1 / 10);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'fails when an alert is lost',
    async () => {
      // The mutant: a queue that loses the messages of one patient in ten.
      await database.pool.query(
        `CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
         CREATE TRIGGER lose BEFORE INSERT ON pgmq.q_at_least_once_alerts FOR EACH ROW
           WHEN (NEW.message->>'patientId' LIKE '%1') EXECUTE FUNCTION lose()`,
      );
      const { code, output } = await k6('DURATION=1s', 'RATE=50');
      await database.pool.query('DROP FUNCTION lose() CASCADE');
      expect(K6_FAILED, output).toContain(code);
      expect(output).toMatch(/\d+ alerts never reached staff, the first is /);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'fails when staff are told twice',
    async () => {
      // The mutant: a list that shows the last notification of a page once more.
      const list = createServer(async ({ url = '', headers: { authorization = '' } }, response) => {
        const answer = await fetch(`${functions.http}${url}`, { headers: { authorization } });
        const page = (await answer.json()) as { notifications: object[] };
        response.end(
          JSON.stringify({ ...page, notifications: [...page.notifications, ...page.notifications.slice(-1)] }),
        );
      });
      await new Promise<void>((resolve) => list.listen(0, '127.0.0.1', resolve));
      const { port } = list.address() as AddressInfo;
      const { code, output } = await k6('DURATION=1s', 'RATE=20', `BASE_URL=http://127.0.0.1:${port}`);
      list.close();
      expect(K6_FAILED, output).toContain(code);
      expect(output).toMatch(/staff were told of \d+ alerts more than once/);
    },
    RUN_TIMEOUT_MS,
  );
});

describe('a monitor that gets no acknowledgement', () => {
  const load = { name: 'load', startS: 2, durationS: 12, rates: [40] };
  const settings = (url: string, more: Record<string, string> = {}) => ({
    PHASES: JSON.stringify([load]),
    WEB_MQTT_URL: url,
    VUS: '10',
    ...more,
  });
  const stored = (ids: readonly string[]) =>
    eventually('what was acknowledged to be stored', async () => {
      const all = new Set(await storedIds());
      return ids.every((id) => all.has(id));
    });

  test(
    'sends the same alert again over a new connection, when the broker has cut its own',
    async () => {
      const running = runK6('at-least-once', settings(broker.endpoints.webMqtt, { SEED: '21' }));
      // The management API knows a connection some seconds after it was opened.
      await eventually('ten connections to cut', async () => (await broker.cut('k6-')) >= 10, CUT_DEADLINE_MS);
      const run = await running;
      expect(run.code, run.output).toBe(0);
      expect(run.of('producer_failed_msgs')).toEqual([]);
      const sent = idsOf(run.of('producer_sent_msgs'));
      expect(new Set(sent).size).toBe(480);
      expect(idsOf(run.of('producer_acked_msgs'))).toEqual(sent);
      expect(run.output).toMatch(/monitor \d in phase load: connection_lost: /);
      await stored(sent);
    },
    RUN_TIMEOUT_MS,
  );

  describe('from a broker whose answers are lost', () => {
    let proxy: FrameProxy;
    const through = async (swallow: (acks: number) => boolean, more: Record<string, string>) => {
      proxy = await ackProxy(broker.endpoints.webMqtt, swallow);
      try {
        return await runK6('at-least-once', settings(proxy.url, { ACK_TIMEOUT: '1s', ...more }));
      } finally {
        await proxy.close();
      }
    };

    test(
      'sends it again, and it is stored once',
      async () => {
        const run = await through((acks) => acks > 40 && acks <= 40 + ACKS_SWALLOWED, { SEED: '22' });
        expect(run.code, run.output).toBe(0);
        const sent = idsOf(run.of('producer_sent_msgs'));
        expect(idsOf(run.of('producer_acked_msgs'))).toEqual(sent);
        const resent = run.of('producer_resent_msgs');
        expect(resent.map(({ tags }) => tags['reason'])).toEqual(Array(ACKS_SWALLOWED).fill('ack_timeout'));
        const slow = run.of('producer_latency_ms').filter(({ value }) => value > 1_000);
        expect(slow.length).toBeGreaterThanOrEqual(ACKS_SWALLOWED);
        await stored(sent);
        expect((await storedIds()).filter((id) => id.startsWith(sent[0]?.slice(0, 8) ?? ''))).toEqual(sent);
      },
      RUN_TIMEOUT_MS,
    );

    test(
      'and gives up at the end of the phase, one alert after the other, each counted',
      async () => {
        const run = await through(() => true, { SEED: '23', PHASES: JSON.stringify([{ ...load, durationS: 2 }]) });
        expect(run.code, run.output).toBe(0);
        expect(run.of('producer_acked_msgs')).toEqual([]);
        expect(idsOf(run.of('producer_failed_msgs'))).toEqual(idsOf(run.of('producer_sent_msgs')));
        expect(run.output).toContain('unacknowledged: not acknowledged in time');
      },
      RUN_TIMEOUT_MS,
    );
  });
});
