import { describe, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import type { TriggerEvent } from '../event-source.ts';
import { testProxy } from './test-proxy.ts';
import { sourcesOnBroker, type TestSource } from './test-source.ts';

const DEADLINE_MS = 40_000;
const TEST_TIMEOUT_MS = 120_000;
const BACK = 'event source reaches what it reads from again';

const { broker, startBroker, base, keep, opened, started, publish, publishNumbers, kept } = sourcesOnBroker('f');
const proxied = () => keep(testProxy(broker().url));
const count = (source: TestSource, type: TriggerEvent['type']) =>
  source.events.filter((event) => event.type === type).length;
const handledAll = (source: TestSource, expected: number) =>
  eventually(
    `${expected} different messages`,
    () => new Set(source.invocations).size === expected && source.source.health().invocationsInFlight === 0,
    DEADLINE_MS,
  );

test(
  'the connection is cut at work: it is made again, and nothing is lost',
  async () => {
    const proxy = await proxied();
    const source = await started({
      url: proxy.url,
      options: { ...kept(), maximumConcurrency: 4 },
      handler: () => new Promise((resolve) => setTimeout(resolve, 20)),
    });
    for (let cut = 0; cut < 3; cut += 1) {
      await publishNumbers(40, cut * 40);
      await source.invoked(cut * 40 + 10);
      proxy.cut();
      await eventually('the reconnection', () => count(source, 'reconnected') === cut + 1, DEADLINE_MS);
    }
    await handledAll(source, 120);
    expect(source.linesAt('warn')).toHaveLength(3);
    expect(source.linesAt('info').filter(({ message }) => message === BACK)).toHaveLength(3);
    expect(count(source, 'disconnected')).toBe(3);
    expect(count(source, 'recordDeadLettered')).toBe(0);
    // What was begun or queued at a cut may come twice, no more than that.
    expect(source.invocations.length).toBeLessThan(120 + 3 * 20);
  },
  TEST_TIMEOUT_MS,
);

test(
  'a black hole is noticed, and what came meanwhile is delivered when it is gone',
  async () => {
    const proxy = await proxied();
    const source = await started({
      url: proxy.url,
      options: kept(),
      overrides: { tuning: { keepaliveS: 1, connectTimeoutMs: 500 } },
    });
    await publish('1');
    await source.invoked(1);
    proxy.freeze();
    await publish('2');
    await eventually('the outage', () => source.source.health().status === 'reconnecting', DEADLINE_MS);
    expect(source.source.health().lastFailure).toContain('silent for 1.5 s');
    await eventually('vain tries', () => source.linesAt('debug').length >= 2, DEADLINE_MS);
    proxy.thaw();
    await handledAll(source, 2);
    expect(source.linesAt('warn')).toHaveLength(1);
  },
  TEST_TIMEOUT_MS,
);

test(
  'the broker stops and comes back: one warning, one line at the end; the session and what was queued are there',
  async () => {
    const source = await started({ options: kept() });
    await publishNumbers(5);
    await source.invoked(5);
    await broker().stop();
    await eventually('the outage', () => source.source.health().status === 'reconnecting', DEADLINE_MS);
    await startBroker();
    await publishNumbers(5, 5);
    await handledAll(source, 10);
    await source.ready();
    expect(source.linesAt('warn')).toHaveLength(1);
    expect(source.linesAt('info').filter(({ message }) => message === BACK)).toMatchObject([
      { fields: { afterMs: expect.any(Number) } },
    ]);
    // A busy loop would have tried thousands of times.
    expect(source.linesAt('debug').length).toBeLessThan(500);
  },
  TEST_TIMEOUT_MS,
);

test('without a session it subscribes again', async () => {
  const proxy = await proxied();
  const source = await started({ url: proxy.url });
  proxy.cut();
  await eventually('the reconnection', () => count(source, 'reconnected') === 1, DEADLINE_MS);
  await publish('1');
  await source.invoked(1);
});

describe('two processes with one client id', () => {
  const WATCHED_MS = 4_000;
  /** How often the two were connected while watched for some seconds. */
  async function connections(protocolVersion: number, tuning: object): Promise<number> {
    const settings = { options: { ...kept(), protocolVersion }, overrides: { tuning } };
    const first = await started(settings);
    const second = await opened(settings);
    const untilMs = performance.now() + WATCHED_MS;
    await eventually('the time to pass', () => performance.now() >= untilMs);
    const reasons = [first, second].flatMap(({ logger }) =>
      logger.lines.map(({ fields }) => String(fields['errorMessage'])),
    );
    if (protocolVersion === 5) expect(reasons.join()).toContain(`client id '${base()}'`);
    return count(first, 'connected') + count(second, 'connected');
  }
  test.each([
    [5, 3],
    [4, 25],
  ])('do not take the session from each other in a loop: protocol version %i', async (protocolVersion, most) => {
    expect(await connections(protocolVersion, {})).toBeLessThanOrEqual(most);
  });
  test('mutant: without back-off they do', async () => {
    const none = { minimumMs: 0, maximumMs: 0 };
    expect(await connections(5, { reconnectDelay: none, takenOverDelay: none })).toBeGreaterThan(50);
  });
});

test('a refused subscription is logged in words and tried again', async () => {
  const user = `limited-${base()}`;
  const api = async (path: string, body: object) => {
    const headers = {
      authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
      'content-type': 'application/json',
    };
    const answer = await fetch(`${broker().management}/api/${path}`, {
      method: 'PUT',
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.ok, path).toBe(true);
  };
  await api(`users/${user}`, { password: 'secret', tags: '' });
  await api(`permissions/%2F/${user}`, { configure: '.*', write: '.*', read: '.*' });
  await api(`topic-permissions/%2F/${user}`, { exchange: 'amq.topic', write: '.*', read: '^allowed' });
  const url = broker().url.replace('//', `//${user}:secret@`);
  const source = await opened({ url, options: { topic: `denied/${base()}` } });
  await eventually('several tries', () => source.linesAt('debug').length >= 2, DEADLINE_MS);
  expect(source.linesAt('warn')).toMatchObject([{ fields: { errorCode: 'SubscriptionRefused' } }]);
  expect(String(source.linesAt('warn')[0]?.fields['errorMessage'])).toContain('Not authorized');
  expect(source.source.health().status).toBe('reconnecting');
  expect(JSON.stringify(source.logger.lines)).not.toContain('secret');
});

test('drain: handlers in flight finish and are acknowledged; what was not begun comes again', async () => {
  const gate = Promise.withResolvers<void>();
  const options = { ...kept(), maximumConcurrency: 2 };
  const source = await started({ options, handler: () => gate.promise });
  await publishNumbers(6);
  await source.invoked(2);
  await eventually('the rest to wait', () => source.source.health().recordsWaiting === 4);
  const stops = [source.source.stop({ deadlineMs: 10_000 }), source.source.stop()];
  expect(source.source.health().status).toBe('draining');
  gate.resolve();
  await Promise.all(stops);
  expect(source.source.health().status).toBe('stopped');
  expect(source.invocations).toEqual([0, 1]);
  expect(source.events.at(-1)).toMatchObject({ type: 'disconnected', reason: 'stopped' });
  const again = await opened({ options });
  await again.invoked(4);
  expect(again.invocations).toEqual([2, 3, 4, 5]);
});
