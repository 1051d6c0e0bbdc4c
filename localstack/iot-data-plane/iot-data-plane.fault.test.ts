import {
  GetRetainedMessageCommand,
  ListRetainedMessagesCommand,
  PublishCommand,
  ServiceUnavailableException,
} from '@aws-sdk/client-iot-data-plane';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Link, linkTo } from '../../shared/testing/broken-servers.ts';
import { freePort } from '../services/ports.ts';
import { startTestBroker, type TestBroker } from '../testing/broker.ts';
import { eventually } from '../testing/eventually.ts';
import { startIotDataPlane } from './iot-data-plane.ts';
import { quiet, sdkClient } from './testing/sdk-client.ts';
import type { IotDataPlane } from './types.ts';

const BOOT_LIMIT_MS = 120_000;
const TEST_LIMIT_MS = 90_000;
const DEADLINE_MS = 30_000;
/** broker-link.ts: the wait for a connection and the wait for an answer. */
const READY_WAIT_MS = 1_500;
const ANSWER_WAIT_MS = 3_000;
const SLACK_MS = 2_000;
const IN_FLIGHT_LIMIT = 256;

let broker: TestBroker;
let link: Link;
let plane: IotDataPlane;

const planeAt = (mqttUrl: string) => startIotDataPlane({ host: '127.0.0.1', port: 0, mqttUrl, logger: quiet });

beforeAll(async () => {
  broker = await startTestBroker();
  link = await linkTo(Number(new URL(broker.endpoints.mqtt).port));
  plane = await planeAt(`mqtt://127.0.0.1:${link.port}`);
}, BOOT_LIMIT_MS);

afterAll(async () => {
  await plane.close();
  await link.close();
  await broker.remove();
}, BOOT_LIMIT_MS);

async function publish(
  to: IotDataPlane,
  topic: string,
  more: { qos?: number; retain?: boolean; payload?: Buffer } = {},
) {
  const sdk = sdkClient(to.url);
  return sdk.send(new PublishCommand({ topic, ...more })).finally(() => sdk.destroy());
}

async function failureOf(doing: Promise<unknown>): Promise<{ failure: unknown; tookMs: number }> {
  const startedAt = performance.now();
  const failure = await doing.then(
    () => 'no failure',
    (error: unknown) => error,
  );
  return { failure, tookMs: performance.now() - startedAt };
}

const untilTaken = (to: IotDataPlane) =>
  eventually('a publish to be taken', () => publish(to, 'probe', { qos: 1 }), DEADLINE_MS);

describe('the broker is away', () => {
  test('from the start: it listens, answers ServiceUnavailableException in bounded time, and closes', async () => {
    const alone = await planeAt(`mqtt://127.0.0.1:${await freePort()}`);
    for (const qos of [0, 1]) {
      const { failure, tookMs } = await failureOf(publish(alone, 'x', { qos }));
      expect(failure).toBeInstanceOf(ServiceUnavailableException);
      expect(tookMs).toBeLessThan(READY_WAIT_MS + SLACK_MS);
    }
    const startedAt = performance.now();
    await alone.close();
    expect(performance.now() - startedAt).toBeLessThan(SLACK_MS);
  });

  test('more requests than are waited with: ThrottlingException for those beyond', {
    timeout: TEST_LIMIT_MS,
  }, async () => {
    const alone = await planeAt(`mqtt://127.0.0.1:${await freePort()}`);
    const ask = async () => {
      const answer = await fetch(`${alone.url}/topics/x`, { method: 'POST', body: 'x' });
      await answer.arrayBuffer();
      return `${answer.status} ${answer.headers.get('x-amzn-errortype')}`;
    };
    const BEYOND = 20;
    // Only those that are there at one time are too many: on a busy machine the first have their answer before the last are sent.
    await eventually(
      `${BEYOND} too many`,
      async () => {
        const answers = await Promise.all(Array.from({ length: IN_FLIGHT_LIMIT + BEYOND }, ask));
        const throttled = answers.filter((one) => one === '429 ThrottlingException').length;
        const unavailable = answers.filter((one) => one === '503 ServiceUnavailableException').length;
        expect(throttled + unavailable).toBe(answers.length);
        expect(throttled).toBeLessThanOrEqual(BEYOND);
        return throttled === BEYOND;
      },
      DEADLINE_MS,
    );
    await alone.close();
  });

  test('restarted: away while it is down, then back by itself, with what it retained', {
    timeout: TEST_LIMIT_MS,
  }, async () => {
    await untilTaken(plane);
    await publish(plane, 'kept', { qos: 1, retain: true, payload: Buffer.from('still here') });
    await broker.stop();
    expect((await failureOf(publish(plane, 'x', { qos: 1 }))).failure).toBeInstanceOf(ServiceUnavailableException);
    await broker.start();
    await untilTaken(plane);
    const sdk = sdkClient(plane.url);
    const { payload } = await sdk.send(new GetRetainedMessageCommand({ topic: 'kept' }));
    expect(Buffer.from(payload ?? []).toString()).toBe('still here');
    sdk.destroy();
  });
});

describe('the broker hangs', () => {
  test('QoS 1 and reading are given up in bounded time; what failed is not sent later by itself', {
    timeout: TEST_LIMIT_MS,
  }, async () => {
    await untilTaken(plane);
    const subscriber = await mqtt.connectAsync(broker.endpoints.mqtt, { protocolVersion: 5 });
    const arrived: string[] = [];
    subscriber.on('message', (topic) => void arrived.push(topic));
    await subscriber.subscribeAsync('#', { qos: 1 });

    link.stall();
    const sdk = sdkClient(plane.url);
    const failures = await Promise.all([
      failureOf(publish(plane, 'stalled', { qos: 1 })),
      failureOf(sdk.send(new GetRetainedMessageCommand({ topic: 'kept' }))),
    ]);
    for (const { failure, tookMs } of failures) {
      expect(failure).toBeInstanceOf(ServiceUnavailableException);
      expect(tookMs).toBeLessThan(READY_WAIT_MS + ANSWER_WAIT_MS + SLACK_MS);
    }
    link.restore();
    await untilTaken(plane);
    await eventually('a probe to arrive', () => arrived.includes('probe'), DEADLINE_MS);
    expect(arrived).not.toContain('stalled');
    sdk.destroy();
    await subscriber.endAsync();
  });
});

test('a retained message whose PUBACK was lost is listed all the same: it is there', {
  timeout: TEST_LIMIT_MS,
}, async () => {
  const mqttUrl = `mqtt://127.0.0.1:${link.port}`;
  const options = { host: '127.0.0.1', port: 0, mqttUrl, logger: quiet, retainedFilters: ['none'] };
  const alone = await startIotDataPlane(options);
  await untilTaken(alone);
  link.cutAfterAnswers(0);
  const publishing = publish(alone, 'unsure', { qos: 1, retain: true, payload: Buffer.from('x') });
  expect((await failureOf(publishing)).failure).toBeInstanceOf(ServiceUnavailableException);
  link.restore();
  await untilTaken(alone);
  const sdk = sdkClient(alone.url);
  const { retainedTopics } = await sdk.send(new ListRetainedMessagesCommand({}));
  expect(retainedTopics).toEqual([{ topic: 'unsure', payloadSize: 1, qos: 1 }]);
  sdk.destroy();
  await alone.close();
});

test('closing answers what is in flight first, and twice at one port is an error', async () => {
  await untilTaken(plane);
  const other = await planeAt(broker.endpoints.mqtt);
  const options = { host: '127.0.0.1', port: other.port, mqttUrl: broker.endpoints.mqtt, logger: quiet };
  await expect(startIotDataPlane(options)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await untilTaken(other);
  const publishing = Promise.all(Array.from({ length: 20 }, () => publish(other, 'last', { qos: 1 })));
  await eventually('a connection', async () => (await fetch(`${other.url}/none`)).status === 404);
  await Promise.all([publishing, publishing.then(() => other.close())]);
});

describe('the log of a lost connection', () => {
  type Line = { message: string; fields: Record<string, unknown> | undefined };

  const of = (lines: Line[], message: string, name: string) =>
    lines.filter((line) => line.message === message && line.fields?.link === name).map(({ fields }) => fields);

  async function loggedPlane(mqttUrl: string) {
    const lines: Line[] = [];
    const log = (message: string, fields?: Record<string, unknown>) => void lines.push({ message, fields });
    const logger = { ...quiet, info: log, warn: log };
    const logged = await startIotDataPlane({ host: '127.0.0.1', port: 0, mqttUrl, logger });
    for (const name of ['requests', 'tracker']) {
      await eventually(`the link ${name}`, () => of(lines, 'connected to the broker', name).length > 0, DEADLINE_MS);
    }
    return { logged, lines };
  }

  /** The client ids of all data planes' links that make requests, by the broker's management. */
  async function requestClients(): Promise<Set<string>> {
    const headers = { authorization: `Basic ${btoa('guest:guest')}` };
    const answer = await fetch(`${broker.endpoints.management}/api/connections`, { headers });
    return new Set((await answer.text()).match(/heartline-iot-requests-[0-9a-f-]{36}/g));
  }

  test('has its reason at a clean close too, and how long it was away', { timeout: TEST_LIMIT_MS }, async () => {
    const { logged, lines } = await loggedPlane(`mqtt://127.0.0.1:${link.port}`);
    for (const { fields } of lines) expect(fields).not.toHaveProperty('afterMs');
    link.cutAfterAnswers(0);
    const failing = failureOf(publish(logged, 'x', { qos: 1 }));
    await eventually('the warning', () => of(lines, 'the broker is away', 'requests').length === 1, DEADLINE_MS);
    await failing;
    link.restore();
    await untilTaken(logged);
    expect(of(lines, 'the broker is away', 'requests')).toEqual([
      { link: 'requests', reason: 'The connection was closed.' },
    ]);
    const again = of(lines, 'connected to the broker', 'requests')[1];
    expect(again?.afterMs).toBeGreaterThan(0);
    expect(again?.afterMs).toBeLessThan(DEADLINE_MS);
    await logged.close();
  });

  test('has the reason that the broker gives', { timeout: TEST_LIMIT_MS }, async () => {
    const { logged, lines } = await loggedPlane(broker.endpoints.mqtt);
    await eventually('its session to be taken over', async () => {
      for (const clientId of await requestClients()) {
        const options = { protocolVersion: 5, clientId, reconnectPeriod: 0 } as const;
        await (await mqtt.connectAsync(broker.endpoints.mqtt, options)).endAsync();
      }
      return of(lines, 'the broker is away', 'requests').length > 0;
    });
    expect(of(lines, 'the broker is away', 'requests')[0]).toEqual({
      link: 'requests',
      reason: 'The broker ended the connection: Session taken over.',
    });
    await logged.close();
  });
});
