import { createServer } from 'node:http';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestBroker, testBroker } from '../../k6/testing/broker.ts';
import { type FrameProxy, frameProxy } from '../../k6/testing/frame-proxy.ts';
import { finished, K6_FAILED, type Point, runK6 } from '../../k6/testing/run-k6.ts';
import { config } from '../../shared/config.ts';
import { freePort } from '../services/ports.ts';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { eventually } from '../testing/eventually.ts';
import { startFunctions, type TestFunctions } from '../testing/functions.ts';

const START_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 120_000;
const ARRIVAL_DEADLINE_MS = 30_000;

/** PUBACK, in the high half of a packet's first byte. */
const PUBACK_TYPE = 4;

let broker: TestBroker;
beforeAll(async () => {
  broker = await testBroker();
}, START_TIMEOUT_MS);
afterAll(async () => {
  await broker?.stop();
});

/** Ten monitors and few messages: what is asked is which arrive, not how many can. */
const small = (phases: object[], settings: Record<string, string> = {}) => ({
  PHASES: JSON.stringify(phases),
  WEB_MQTT_URL: broker.endpoints.webMqtt,
  VUS: '10',
  SPEED: 'any',
  ...settings,
});
const baseline = { name: 'baseline', startS: 2, durationS: 1, rates: [40] };

describe('k6/at-most-once.ts with phases', () => {
  /** Event id → the message without the time of its detection, and what MQTT said beside it. */
  let arrived: Map<string, { times: number; body: object; topic: string; properties: object }>;
  let subscriber: MqttClient;
  beforeAll(async () => {
    subscriber = await mqtt.connectAsync(broker.endpoints.mqtt, { protocolVersion: 5 });
    subscriber.on('message', (topic, payload, { properties }) => {
      const { detectedAt: _, ...body } = JSON.parse(payload.toString());
      const times = (arrived.get(body.eventId)?.times ?? 0) + 1;
      arrived.set(body.eventId, { times, body, topic, properties: { ...properties?.userProperties } });
    });
    await subscriber.subscribeAsync('hl/+/+/+/alert', { qos: 1 });
  });
  afterAll(async () => {
    await subscriber.endAsync();
  });
  beforeEach(() => {
    arrived = new Map();
  });

  const idsOf = (points: readonly Point[]) => points.map(({ metadata }) => metadata['eventId'] ?? '').sort();
  const eachOnce = (count: number) =>
    eventually(
      `${count} messages`,
      () => arrived.size === count && [...arrived.values()].every(({ times }) => times === 1),
      ARRIVAL_DEADLINE_MS,
    );

  test(
    'every message arrives once at QoS 0 and 1, and a seed decides which they are',
    async () => {
      const fault = { name: 'fault', startS: 6, durationS: 1, rates: [20, 40] };
      const run = await runK6('at-most-once', small([baseline, fault], { SEED: '7' }));
      expect(run.code, run.output).toBe(0);
      expect(run.output).toContain('phase fault: planned 30 messages, sent 30');
      await eachOnce(70);
      const sent = run.of('producer_sent_msgs');
      expect(idsOf(sent)).toEqual([...arrived.keys()].sort());
      expect(run.of('producer_latency_ms')).toHaveLength(70);
      expect(run.of('producer_acked_msgs')).toEqual([]);
      for (const { metadata, tags } of sent) {
        const message = arrived.get(metadata['eventId'] ?? '');
        expect(message?.body).toMatchObject({ eventId: metadata['eventId'], patientId: metadata['patientId'] });
        expect(message?.topic.split('/')[3]).toBe(metadata['patientId']);
        expect(message?.properties).toMatchObject({ eventId: metadata['eventId'], traceparent: expect.any(String) });
        expect(metadata['text']).toMatch(/^(VT|SVTA|AVB) /);
        expect(tags).toMatchObject({ qos: '0' });
      }
      expect(sent.filter(({ tags }) => tags['phase'] === 'baseline')).toHaveLength(40);
      // One VU serves both phases: what is said about a message is on its own samples, in both, and on no others.
      const others = run.points.filter(({ metric }) => !metric.startsWith('producer_'));
      expect(others.filter(({ metadata }) => 'eventId' in metadata)).toEqual([]);

      const first = new Map(arrived);
      arrived.clear();
      const again = await runK6('at-most-once', small([baseline], { SEED: '7', QOS: '1' }));
      expect(again.code, again.output).toBe(0);
      await eachOnce(40);
      for (const [eventId, { body, topic }] of arrived) expect(first.get(eventId)).toMatchObject({ body, topic });
      expect(idsOf(again.of('producer_acked_msgs'))).toEqual(idsOf(again.of('producer_sent_msgs')));
      expect(again.of('producer_latency_ms').every(({ value, metadata }) => value > 0 && metadata['eventId'])).toBe(
        true,
      );

      arrived.clear();
      const other = await runK6('at-most-once', small([baseline], { SEED: '8', MQTT_VERSION: '4' }));
      expect(other.code, other.output).toBe(0);
      await eachOnce(40);
      expect([...arrived.keys()].filter((eventId) => first.has(eventId))).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'a connection that the broker cuts: what was under way is failed, with a reason, and the rest goes over a new one',
    async () => {
      const long = { name: 'baseline', startS: 2, durationS: 12, rates: [40] };
      const running = runK6('at-most-once', small([long], { SEED: '9', QOS: '1' }));
      await eventually('the first messages', () => arrived.size > 40, ARRIVAL_DEADLINE_MS);
      // The management API knows a connection some seconds after it was opened.
      await eventually('ten connections to cut', async () => (await broker.cut('k6-')) >= 10, ARRIVAL_DEADLINE_MS);
      const cutAt = arrived.size;
      const run = await running;
      expect(run.code, run.output).toBe(0);
      expect(run.output).toContain('planned 480 messages, sent 480');
      const [acked, failed] = [idsOf(run.of('producer_acked_msgs')), idsOf(run.of('producer_failed_msgs'))];
      expect([...acked, ...failed].sort()).toEqual(idsOf(run.of('producer_sent_msgs')));
      expect(failed.length).toBeGreaterThan(0);
      for (const { tags } of run.of('producer_failed_msgs')) {
        expect(['connection_lost', 'not_connected']).toContain(tags['reason']);
      }
      expect(run.output).toMatch(/monitor \d in phase baseline: connection_lost: /);
      expect(acked.length).toBeGreaterThan(cutAt);
      await eventually('what was acknowledged', () => acked.every((id) => arrived.has(id)), ARRIVAL_DEADLINE_MS);
      const times = [...arrived.values()].map((message) => message.times);
      expect(times.filter((count) => count !== 1)).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  describe('against a hostile broker', () => {
    let proxy: FrameProxy;
    const through = async (rewrite: (message: Buffer) => Buffer[], settings: Record<string, string>) => {
      proxy = await frameProxy(broker.endpoints.webMqtt, rewrite);
      try {
        return await runK6('at-most-once', small([baseline], { ...settings, QOS: '1', WEB_MQTT_URL: proxy.url }));
      } finally {
        await proxy.close();
      }
    };
    const withoutAcks = (message: Buffer) => ((message[0] ?? 0) >> 4 === PUBACK_TYPE ? [] : [message]);

    test(
      'packets that come byte by byte are read',
      async () => {
        const run = await through((message) => [...message].map((byte) => Buffer.from([byte])), {});
        expect(run.code, run.output).toBe(0);
        expect(run.of('producer_acked_msgs')).toHaveLength(40);
      },
      RUN_TIMEOUT_MS,
    );

    test(
      'without acknowledgements, the load is applied, and every message is counted as failed',
      async () => {
        const run = await through(withoutAcks, { ACK_TIMEOUT: '1s' });
        expect(run.code, run.output).toBe(0);
        expect(run.of('producer_acked_msgs')).toEqual([]);
        expect(idsOf(run.of('producer_failed_msgs'))).toEqual(idsOf(run.of('producer_sent_msgs')));
        expect(run.output).toContain('ack_timeout: no acknowledgement within 1000 ms');
      },
      RUN_TIMEOUT_MS,
    );

    test(
      'a load that was planned and not sent fails, and says so',
      async () => {
        const run = await through(withoutAcks, { ACK_TIMEOUT: '2s', IN_FLIGHT: '1' });
        expect(K6_FAILED, run.output).toContain(run.code);
        expect(run.output).toContain('The planned load was NOT applied');
        expect(run.output).toContain('planned 40 messages, sent 10');
      },
      RUN_TIMEOUT_MS,
    );

    test(
      'a run by itself at QoS 1 fails without acknowledgements, and says so',
      async () => {
        proxy = await frameProxy(broker.endpoints.webMqtt, withoutAcks);
        const alone = { DURATION: '1s', RATE_LOW: '10', RATE_HIGH: '10', VUS: '5', CHECK: 'none' };
        const run = await runK6('at-most-once', { ...alone, QOS: '1', ACK_TIMEOUT: '1s', WEB_MQTT_URL: proxy.url });
        await proxy.close();
        expect(K6_FAILED, run.output).toContain(run.code);
        expect(run.output).toContain('✗ producer_acked_msgs: count==20');
        expect(run.output).toContain('✓ phase load: planned 20 messages, sent 20');
      },
      RUN_TIMEOUT_MS,
    );

    test(
      'no broker at all ends the run before it begins',
      async () => {
        const run = await runK6(
          'at-most-once',
          small([baseline], { WEB_MQTT_URL: `ws://127.0.0.1:${await freePort()}/ws` }),
        );
        expect(run.code, run.output).not.toBe(0);
        expect(run.output).toMatch(/connection refused.*is 'npm start' running\?/);
      },
      RUN_TIMEOUT_MS,
    );
  });
});

describe('npm run k6 -- at-most-once', () => {
  let database: TestDatabase;
  let functions: TestFunctions;
  beforeAll(async () => {
    database = await testDatabase();
    functions = await startFunctions(database.url, { HEARTLINE_MQTT_URL: broker.endpoints.mqtt });
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await functions?.stop();
    await database?.drop();
  });

  const command = join(config().projectRoot, 'localstack', 'commands', 'k6.ts');
  // How fast a send is is not asked here: other tests run beside this one.
  const settings = ['SPEED=any', 'DURATION=1s', 'VUS=10'].flatMap((setting) => ['-e', setting]);
  const k6 = (...words: string[]) =>
    finished(process.execPath, [command, 'at-most-once', ...settings, ...words], {
      HEARTLINE_HTTP_URL: functions.http,
      HEARTLINE_WEB_MQTT_URL: broker.endpoints.webMqtt,
    });

  test(
    'staff are told of every alert once; Prometheus is sent the metrics',
    async () => {
      const writes: (string | undefined)[] = [];
      const prometheus = createServer((request, response) => {
        writes.push(request.url);
        request.resume();
        request.on('end', () => response.writeHead(204).end());
      });
      await new Promise<void>((resolve) => prometheus.listen(0, '127.0.0.1', resolve));
      const address = prometheus.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      const { code, output } = await k6('--prometheus', `http://127.0.0.1:${port}/api/v1/write`);
      prometheus.close();
      expect(code, output).toBe(0);
      expect(output).toContain('90 of 90 planned alerts were notified');
      expect(new Set(writes)).toEqual(new Set(['/api/v1/write']));
    },
    RUN_TIMEOUT_MS,
  );

  test(
    'fails when an alert is lost',
    async () => {
      // The mutant: a database that keeps nothing of one patient in ten.
      await database.pool.query(
        `CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
       CREATE TRIGGER lose BEFORE INSERT ON at_most_once.notifications FOR EACH ROW
         WHEN (NEW.patient_id LIKE '%1') EXECUTE FUNCTION lose()`,
      );
      const { code, output } = await k6();
      expect(K6_FAILED, output).toContain(code);
      expect(output).toMatch(/\d+ alerts were lost, the first is /);
    },
    RUN_TIMEOUT_MS,
  );
});
