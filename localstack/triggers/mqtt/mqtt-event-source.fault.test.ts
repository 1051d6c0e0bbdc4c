import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../services/ports.ts';
import { eventually } from '../../testing/eventually.ts';
import type { TriggerEvent } from '../event-source.ts';
import { BOOT_TIMEOUT_MS, type TestBroker, testBroker } from './test-broker.ts';
import { obliging, publishBytes, type TestPeer, testPeer } from './test-peer.ts';
import { type TestProxy, testProxy } from './test-proxy.ts';
import { type TestSource, type TestSourceSettings, testSource } from './test-source.ts';

const CONSUMER = join(import.meta.dirname, '../fixtures/mqtt-consumer.ts');
const DEADLINE_MS = 40_000;
const TEST_TIMEOUT_MS = 120_000;
const BACK = 'event source reaches what it reads from again';

let broker: TestBroker;
let publisher: MqttClient;
let folder: string;
let open: { close(): Promise<void> }[] = [];
let children: ChildProcess[] = [];
let base: string;
let tests = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mqtt-faults-'));
  broker = await testBroker();
  publisher = await broker.client();
}, BOOT_TIMEOUT_MS);
beforeEach(() => {
  tests += 1;
  base = `f${tests}`;
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  // Sources first, then what they are connected to.
  for (const part of open.toReversed()) await part.close();
  open = [];
});
afterAll(async () => {
  await broker?.close();
  await rm(folder, { recursive: true, force: true });
}, BOOT_TIMEOUT_MS);

async function keep<T extends { close(): Promise<void> }>(making: Promise<T>): Promise<T> {
  const made = await making;
  open.push(made);
  return made;
}
const started = (settings: Partial<TestSourceSettings> = {}): Promise<TestSource> => {
  const options = { topic: `${base}/#`, qos: 1, ...settings.options };
  return keep(testSource({ url: broker.url, ...settings, options }));
};
const proxied = (): Promise<TestProxy> => keep(testProxy(broker.url));
const peered = (...settings: Parameters<typeof testPeer>): Promise<TestPeer> => keep(testPeer(...settings));

const publish = (payload: string) => publisher.publishAsync(`${base}/a`, payload, { qos: 1 });
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const publishNumbers = (count: number, from = 0) => Promise.all(numbers(count).map((n) => publish(String(n + from))));
const count = (source: TestSource, type: TriggerEvent['type']) =>
  source.events.filter((event) => event.type === type).length;
const kept = () => ({ clientId: base, sessionExpiry: 600 });
const handledAll = (source: TestSource, expected: number) =>
  eventually(
    `${expected} different messages`,
    () => new Set(source.invocations).size === expected && source.source.health().invocationsInFlight === 0,
    DEADLINE_MS,
  );

describe('kill -9 in the middle of handlers', () => {
  const MESSAGES = 40;
  interface Line {
    readonly pid: number;
    readonly began?: number;
    readonly ended?: number;
    readonly subscribed?: true;
  }
  const linesOf = (log: string) =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Line)
      : [];

  async function consumer(log: string, order: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [CONSUMER, broker.url, `${base}/#`, log, '100', order], { stdio: 'ignore' });
    children.push(child);
    const isThere = () => linesOf(log).some(({ pid, subscribed }) => pid === child.pid && subscribed);
    await eventually('the consumer to be subscribed', isThere, DEADLINE_MS);
    return child;
  }

  /** Messages that no handler ended, after one consumer was killed at work and another had all the time it needed. */
  async function lostAfterKill(order: string): Promise<number> {
    const log = join(folder, `${base}.jsonl`);
    const first = await consumer(log, order);
    await publishNumbers(MESSAGES);
    await eventually(
      'handlers to be at work, some done',
      () => {
        const lines = linesOf(log);
        const ended = lines.filter((line) => line.ended !== undefined).length;
        return ended >= 4 && lines.filter((line) => line.began !== undefined).length > ended;
      },
      DEADLINE_MS,
    );
    first.kill('SIGKILL');
    await new Promise((resolve) => first.once('exit', resolve));
    await consumer(log, order);
    // The last message of all is handled after what is delivered again.
    await publish(String(MESSAGES));
    const ended = () => new Set(linesOf(log).flatMap((line) => (line.ended === undefined ? [] : [line.ended])));
    const began = (pid: number | undefined) =>
      linesOf(log).filter((line) => line.pid === pid && line.began !== undefined);
    await eventually(
      'the second consumer to be done',
      () => {
        const second = children.at(-1)?.pid;
        const endedThere = linesOf(log).filter((line) => line.pid === second && line.ended !== undefined);
        return ended().has(MESSAGES) && endedThere.length === began(second).length;
      },
      DEADLINE_MS,
    );
    return MESSAGES + 1 - ended().size;
  }

  test(
    'every message is handled after the restart',
    async () => expect(await lostAfterKill('ack-last')).toBe(0),
    TEST_TIMEOUT_MS,
  );
  test(
    'mutant: a consumer that acknowledges first loses messages',
    async () => expect(await lostAfterKill('ack-first')).toBeGreaterThan(0),
    TEST_TIMEOUT_MS,
  );
});

test(
  'the connection is cut at work: it is made again, and nothing is lost',
  async () => {
    const proxy = await proxied();
    const source = await started({
      url: proxy.url,
      options: { ...kept(), maximumConcurrency: 4 },
      handler: () => new Promise((resolve) => setTimeout(resolve, 20)),
    });
    await source.ready();
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
    await source.ready();
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
    await source.ready();
    await publishNumbers(5);
    await source.invoked(5);
    await broker.stop();
    await eventually('the outage', () => source.source.health().status === 'reconnecting', DEADLINE_MS);
    await broker.start();
    publisher = await broker.client();
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
  await source.ready();
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
    await first.ready();
    const second = await started(settings);
    const untilMs = performance.now() + WATCHED_MS;
    await eventually('the time to pass', () => performance.now() >= untilMs);
    const reasons = [first, second].flatMap(({ logger }) =>
      logger.lines.map(({ fields }) => String(fields['errorMessage'])),
    );
    if (protocolVersion === 5) expect(reasons.join()).toContain(`client id '${base}'`);
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
  const user = `limited-${base}`;
  const api = async (path: string, body: object) => {
    const headers = {
      authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
      'content-type': 'application/json',
    };
    const answer = await fetch(`${broker.management}/api/${path}`, {
      method: 'PUT',
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.ok, path).toBe(true);
  };
  await api(`users/${user}`, { password: 'secret', tags: '' });
  await api(`permissions/%2F/${user}`, { configure: '.*', write: '.*', read: '.*' });
  await api(`topic-permissions/%2F/${user}`, { exchange: 'amq.topic', write: '.*', read: '^allowed' });
  const url = broker.url.replace('//', `//${user}:secret@`);
  const source = await started({ url, options: { topic: `denied/${base}` } });
  await eventually('several tries', () => source.linesAt('debug').length >= 2, DEADLINE_MS);
  expect(source.linesAt('warn')).toMatchObject([{ fields: { errorCode: 'SubscriptionRefused' } }]);
  expect(String(source.linesAt('warn')[0]?.fields['errorMessage'])).toContain('Not authorized');
  expect(source.source.health().status).toBe('reconnecting');
  expect(JSON.stringify(source.logger.lines)).not.toContain('secret');
});

describe('a broker that comes up later', () => {
  async function startedBefore(tuning: object) {
    const port = await freePort();
    const source = await started({ url: `mqtt://127.0.0.1:${port}`, overrides: { tuning } });
    await eventually('several vain tries', () => source.linesAt('debug').length >= 3, DEADLINE_MS);
    const statusBefore = source.source.health().status;
    await peered(obliging, port);
    await source.ready();
    return { source, statusBefore };
  }
  test('is waited for without a warning', async () => {
    const { source, statusBefore } = await startedBefore({});
    expect(statusBefore).toBe('starting');
    expect(source.linesAt('warn')).toEqual([]);
    expect(count(source, 'reconnected')).toBe(0);
  });
  test('mutant: without the time of grace there is one', async () => {
    const { source } = await startedBefore({ startGraceMs: 0 });
    expect(source.linesAt('warn')).toHaveLength(1);
  });
  test('a source that never got there stops all the same', async () => {
    const source = await started({ url: `mqtt://127.0.0.1:${await freePort()}` });
    await source.source.stop();
    expect(source.source.health().status).toBe('stopped');
  });
});

describe('on the wire', () => {
  test('acknowledgements go out after success only, in the order of arrival', async () => {
    const peer = await peered();
    const gates = numbers(4).map(() => Promise.withResolvers<void>());
    const source = await started({ url: peer.url, handler: (n) => gates[Number(n)]?.promise });
    await source.ready();
    peer.sendBytes(Buffer.concat(numbers(4).map((n) => publishBytes(n + 1, `${base}/a`, String(n)))));
    await source.invoked(4);
    for (const at of [3, 1]) gates[at]?.resolve();
    await eventually('two successes', () => count(source, 'batchInvoked') === 2);
    gates[0]?.resolve();
    await eventually('the first two acknowledgements', () => peer.of('puback').length === 2);
    expect(peer.of('puback').map(({ messageId }) => messageId)).toEqual([1, 2]);
    gates[2]?.resolve();
    await eventually('the others', () => peer.of('puback').length === 4);
    expect(peer.of('puback').map(({ messageId }) => messageId)).toEqual([1, 2, 3, 4]);
  });

  test('a broker that sends more than it may is not read any further', async () => {
    const peer = await peered();
    const gate = Promise.withResolvers<void>();
    const source = await started({
      url: peer.url,
      options: { maximumConcurrency: 1, maximumQueueLength: 2 },
      handler: () => gate.promise,
    });
    await source.ready();
    expect(peer.of('connect')[0]?.properties?.receiveMaximum).toBe(3);
    peer.sendBytes(Buffer.concat(numbers(50).map((n) => publishBytes(n + 1, `${base}/a`, String(n)))));
    await eventually('the queue to fill', () => source.source.health().recordsWaiting >= 3);
    expect(source.source.health().recordsWaiting).toBe(3);
    gate.resolve();
    await source.invoked(50);
  });

  test('a failure message that is refused is never acknowledged as a message; it is tried again until it is taken', async () => {
    let refusals = 3;
    const peer = await peered((packet, send) => {
      if (packet.cmd === 'publish' && refusals > 0) {
        refusals -= 1;
        send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 0x87 });
      } else obliging(packet, send);
    });
    const source = await started({
      url: peer.url,
      options: {
        maximumRetryAttempts: 0,
        retryDelay: { minimum: 0.01, maximum: 0.02 },
        destinations: { onFailure: 'dead' },
      },
      handler: () => {
        throw new Error('no');
      },
    });
    await source.ready();
    peer.sendBytes(publishBytes(7, `${base}/a`, 'x'));
    await eventually('the acknowledgement', () => peer.of('puback').length === 1);
    expect(peer.received.filter(({ cmd }) => cmd === 'publish' || cmd === 'puback').map(({ cmd }) => cmd)).toEqual([
      'publish',
      'publish',
      'publish',
      'publish',
      'puback',
    ]);
    expect(source.linesAt('warn').filter(({ fields }) => fields['part'] === 'failure topic')).toHaveLength(1);
    expect(count(source, 'recordDeadLettered')).toBe(1);
  });

  test('a message is not begun again from the old connection when the broker sends it again', async () => {
    let resumes = false;
    const peer = await peered((packet, send) => {
      if (packet.cmd === 'connect') send({ cmd: 'connack', reasonCode: 0, sessionPresent: resumes });
      else obliging(packet, send);
    });
    const gate = Promise.withResolvers<void>();
    const source = await started({
      url: peer.url,
      options: { ...kept(), maximumConcurrency: 1 },
      handler: () => gate.promise,
    });
    await source.ready();
    peer.sendBytes(Buffer.concat(numbers(3).map((n) => publishBytes(n + 1, `${base}/a`, String(n)))));
    await eventually('two to wait', () => source.source.health().recordsWaiting === 2);
    resumes = true;
    peer.send({ cmd: 'disconnect', reasonCode: 0x8b });
    await eventually('the reconnection', () => count(source, 'connected') === 2, DEADLINE_MS);
    await eventually('the two to be left', () => source.source.health().recordsWaiting === 0);
    peer.sendBytes(Buffer.concat(numbers(3).map((n) => publishBytes(n + 1, `${base}/a`, String(n)))));
    gate.resolve();
    await source.invoked(4);
    await eventually('the acknowledgements', () => peer.of('puback').length === 3);
    expect(source.invocations).toEqual([0, 0, 1, 2]);
    expect(peer.of('subscribe')).toHaveLength(1);
  });
});
