import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../../services/ports.ts';
import { eventually } from '../../testing/eventually.ts';
import type { TriggerEvent } from '../event-source.ts';
import { obliging, publishBytes, type TestPeer, testPeer } from './test-peer.ts';
import { type TestSource, type TestSourceSettings, testSource } from './test-source.ts';

const DEADLINE_MS = 40_000;
const TOPIC = 'a/b';
const KEPT = { clientId: 'kept', sessionExpiry: 600 };

let open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  // Sources first, then what they are connected to.
  for (const part of open.toReversed()) await part.close();
  open = [];
});

async function keep<T extends { close(): Promise<void> }>(making: Promise<T>): Promise<T> {
  const made = await making;
  open.push(made);
  return made;
}
const peered = (...settings: Parameters<typeof testPeer>): Promise<TestPeer> => keep(testPeer(...settings));
const startedAt = (url: string, settings: Partial<TestSourceSettings> = {}): Promise<TestSource> =>
  keep(testSource({ url, ...settings, options: { topic: 'a/#', qos: 1, ...settings.options } }));
async function started(peer: TestPeer, settings: Partial<TestSourceSettings> = {}): Promise<TestSource> {
  const source = await startedAt(peer.url, settings);
  await source.ready();
  return source;
}
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const sendNumbers = (peer: TestPeer, count: number, qos: 0 | 1 = 1) =>
  peer.sendBytes(Buffer.concat(numbers(count).map((n) => publishBytes(n + 1, TOPIC, String(n), qos))));
const count = (source: TestSource, type: TriggerEvent['type']) =>
  source.events.filter((event) => event.type === type).length;
const outcomes = (source: TestSource) =>
  source.events.flatMap((event) => (event.type === 'batchInvoked' ? [event.outcome] : []));

describe('a broker that comes up later', () => {
  async function startedBefore(tuning: object) {
    const port = await freePort();
    const source = await startedAt(`mqtt://127.0.0.1:${port}`, { overrides: { tuning } });
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
    const source = await startedAt(`mqtt://127.0.0.1:${await freePort()}`);
    await source.source.stop();
    expect(source.source.health().status).toBe('stopped');
  });
});

describe('on the wire', () => {
  test('acknowledgements go out after success only, in the order of arrival', async () => {
    const peer = await peered();
    const gates = numbers(4).map(() => Promise.withResolvers<void>());
    const source = await started(peer, { handler: (n) => gates[Number(n)]?.promise });
    peer.sendBytes(Buffer.concat(numbers(4).map((n) => publishBytes(n + 1, TOPIC, String(n)))));
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
    const source = await started(peer, {
      options: { maximumConcurrency: 1, maximumQueueLength: 2 },
      handler: () => gate.promise,
    });
    expect(peer.of('connect')[0]?.properties?.receiveMaximum).toBe(3);
    peer.sendBytes(Buffer.concat(numbers(50).map((n) => publishBytes(n + 1, TOPIC, String(n)))));
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
    const source = await started(peer, {
      options: {
        maximumRetryAttempts: 0,
        retryDelay: { minimum: 0.01, maximum: 0.02 },
        destinations: { onFailure: 'dead' },
      },
      handler: () => {
        throw new Error('no');
      },
    });
    peer.sendBytes(publishBytes(7, TOPIC, 'x'));
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
    const source = await started(peer, {
      options: { ...KEPT, maximumConcurrency: 1 },
      handler: () => gate.promise,
    });
    peer.sendBytes(Buffer.concat(numbers(3).map((n) => publishBytes(n + 1, TOPIC, String(n)))));
    await eventually('two to wait', () => source.source.health().recordsWaiting === 2);
    resumes = true;
    peer.send({ cmd: 'disconnect', reasonCode: 0x8b });
    await eventually('the reconnection', () => count(source, 'connected') === 2, DEADLINE_MS);
    await eventually('the two to be left', () => source.source.health().recordsWaiting === 0);
    peer.sendBytes(Buffer.concat(numbers(3).map((n) => publishBytes(n + 1, TOPIC, String(n)))));
    gate.resolve();
    await source.invoked(4);
    await eventually('the acknowledgements', () => peer.of('puback').length === 3);
    expect(source.invocations).toEqual([0, 0, 1, 2]);
    expect(peer.of('subscribe')).toHaveLength(1);
  });
});

test('a handler that exceeds the time-out has failed, and does not keep its place', async () => {
  const peer = await peered();
  let calls = 0;
  const source = await started(peer, {
    options: { maximumConcurrency: 1, retryDelay: { minimum: 0, maximum: 0 } },
    timeoutMs: 50,
    handler: () => {
      calls += 1;
      return calls === 1 ? new Promise(() => undefined) : undefined;
    },
  });
  sendNumbers(peer, 1);
  await source.invoked(2);
  await eventually('the success', () => outcomes(source).length === 2);
  expect(outcomes(source)).toEqual(['timedOut', 'succeeded']);
});

test('handlers run in parallel, and messages begin in the order of arrival', async () => {
  const peer = await peered();
  const gate = Promise.withResolvers<void>();
  const source = await started(peer, { options: { maximumConcurrency: 4 }, handler: () => gate.promise });
  sendNumbers(peer, 8);
  await eventually('four at work', () => source.source.health().invocationsInFlight === 4);
  expect(source.invocations).toEqual([0, 1, 2, 3]);
  gate.resolve();
  await source.invoked(8);
  expect(source.invocations).toEqual(numbers(8));
});

test('health shows how long the first of what is unacknowledged has held up the rest', async () => {
  const peer = await peered();
  let isBack = false;
  const source = await started(peer, {
    options: { maximumRetryAttempts: -1, retryDelay: { minimum: 0.01, maximum: 0.02 } },
    handler: (n) => {
      if (n === 0 && !isBack) throw new Error('no');
    },
  });
  const ageMs = () => source.source.health().oldestUnacknowledgedMs;
  expect(ageMs()).toBeUndefined();
  sendNumbers(peer, 2);
  await eventually('the age to grow over attempts', () => (ageMs() ?? 0) > 100 && count(source, 'recordRetried') > 3);
  isBack = true;
  await eventually('the acknowledgements', () => peer.of('puback').length === 2);
  expect(ageMs()).toBeUndefined();
});

describe('drain', () => {
  test('QoS 0 that waits is still handled; what comes later is counted', async () => {
    const peer = await peered();
    const gate = Promise.withResolvers<void>();
    const source = await started(peer, { options: { qos: 0, maximumConcurrency: 1 }, handler: () => gate.promise });
    sendNumbers(peer, 5, 0);
    await eventually('the rest to wait', () => source.source.health().recordsWaiting === 4);
    const stopped = source.source.stop({ deadlineMs: 10_000 });
    gate.resolve();
    await stopped;
    expect(source.invocations).toEqual(numbers(5));
    expect(source.dropped('stopped')).toBe(0);
  });

  test('a handler that hangs does not hold it up past the deadline; what waits behind it is counted', async () => {
    const peer = await peered();
    const source = await started(peer, {
      options: { qos: 0, maximumConcurrency: 1 },
      handler: () => new Promise(() => undefined),
    });
    sendNumbers(peer, 5, 0);
    await eventually('the rest to wait', () => source.source.health().recordsWaiting === 4);
    const startedMs = performance.now();
    await source.source.stop({ deadlineMs: 300 });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(source.invocations).toHaveLength(1);
    expect(source.dropped('stopped')).toBe(4);
  });

  test('QoS 1 of a session that ends with the connection is handled, for nobody would send it again', async () => {
    const peer = await peered();
    const gate = Promise.withResolvers<void>();
    const source = await started(peer, { options: { maximumConcurrency: 1 }, handler: () => gate.promise });
    sendNumbers(peer, 5);
    await eventually('the rest to wait', () => source.source.health().recordsWaiting === 4);
    const stopped = source.source.stop({ deadlineMs: 10_000 });
    gate.resolve();
    await stopped;
    expect(source.invocations).toEqual(numbers(5));
  });
});
