import { describe, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import type { TriggerEvent } from '../event-source.ts';
import { numbers, sourcesOnBroker, type TestSource } from './test-source.ts';

const { broker, base, started, publish, publishNumbers, kept } = sourcesOnBroker('t');

const ofType = <T extends TriggerEvent['type']>(source: TestSource, type: T) =>
  source.events.filter((event): event is Extract<TriggerEvent, { type: T }> => event.type === type);
const outcomes = (source: TestSource) => ofType(source, 'batchInvoked').map(({ outcome }) => outcome);

describe.each([5, 4])('protocol version %i', (protocolVersion) => {
  test('payloads of every kind become events, and none stops it', async () => {
    const added = { topicAs: 'topic', userPropertiesAs: protocolVersion === 5 ? { traceparent: 'trace' } : {} };
    const source = await started({ options: { protocolVersion, maximumPayloadBytes: 2_000_000, ...added } });
    const topic = `${base()}/a`;
    const large = JSON.stringify({ large: 'x'.repeat(1_000_000) });
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const bytes = Buffer.from([0xff, 0xfe, 0x00]);
    const properties = {
      correlationData: bytes,
      responseTopic: 'answer/here',
      contentType: 'application/json',
      userProperties: { traceparent: '00-1', __proto__: 'x' },
    };
    await publish('{"n":1}', { properties });
    await publish('not json');
    await publish('');
    await publish(bytes);
    await publish(large);
    await publish(deep);
    await publish('{"__proto__":{"polluted":true}}');
    await publish('[1]', { qos: 0 });
    await source.invoked(8);
    const base64 = (payload: string | Buffer) => ({ payload: Buffer.from(payload).toString('base64'), topic });
    expect(source.invocations.slice(0, 5)).toEqual([
      // MQTT 3.1.1 has no properties: the publisher's are not sent on.
      protocolVersion === 5 ? { n: 1, topic, trace: '00-1' } : { n: 1, topic },
      base64('not json'),
      base64(''),
      base64(bytes),
      { ...JSON.parse(large), topic },
    ]);
    expect(Array.isArray(source.invocations[5])).toBe(true);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(source.invocations[7]).toEqual([1]);
    expect(outcomes(source)).toEqual(Array(8).fill('succeeded'));
  });

  test('what is larger than allowed is dropped, counted, and acknowledged', async () => {
    const options = { protocolVersion, ...kept() };
    const source = await started({ options });
    await publish('"before"');
    await publish('x'.repeat(131_073));
    await publish(`"${'x'.repeat(131_070)}"`);
    await publish('x'.repeat(1_000_000));
    await publish('"after"');
    await source.invoked(3);
    await source.source.stop();
    expect(source.dropped('too_large')).toBe(2);
    expect(source.linesAt('warn')).toMatchObject([
      { fields: { bytes: 131_073, maximumPayloadBytes: 131_072 } },
      { fields: { records: 2, largestBytes: 1_000_000 } },
    ]);
    const again = await started({ options });
    await publish('"later"');
    await again.invoked(1);
    expect(again.invocations).toEqual(['later']);
  });

  test('QoS 1: failures are retried after a delay, then given up; those behind are handled', async () => {
    const options = { protocolVersion, ...kept(), retryDelay: { minimum: 0.01, maximum: 0.02 } };
    const handler = (event: unknown) => {
      if (event === 'poison') throw Object.assign(new Error('cannot be digested'), { code: 'POISON' });
    };
    const source = await started({ options, handler });
    await publish('"poison"');
    await publishNumbers(50);
    await source.invoked(53);
    await eventually('the poison to be given up on', () => ofType(source, 'recordDeadLettered').length > 0);
    expect(ofType(source, 'recordDeadLettered')).toMatchObject([{ attempt: 3, code: 'POISON', messageId: '1' }]);
    expect(ofType(source, 'recordRetried').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(source.linesAt('error')).toMatchObject([{ fields: { messageId: '1', failure: { code: 'POISON' } } }]);
    await source.source.stop();
    const again = await started({ options });
    await publish('"later"');
    await again.invoked(1);
    expect(again.invocations).toEqual(['later']);
  });

  test('a retriable failure uses up no attempt', async () => {
    let calls = 0;
    const source = await started({
      options: { protocolVersion, maximumRetryAttempts: 0, retryDelay: { minimum: 0, maximum: 0.01 } },
      handler: () => {
        calls += 1;
        if (calls < 6) throw Object.assign(new Error('database away'), { retriable: true });
      },
    });
    await publish('1');
    await source.invoked(6);
    await eventually('the success', () => outcomes(source).includes('succeeded'));
    expect(ofType(source, 'recordDeadLettered')).toEqual([]);
  });

  test('given up on, a message goes to the failure topic before it is acknowledged', async () => {
    const listener = await broker().client();
    const letters: { payload: Buffer; properties: unknown }[] = [];
    listener.on('message', (_topic, payload, { properties, qos }) => {
      letters.push({ payload, properties: { ...properties?.userProperties, qos } });
    });
    await listener.subscribeAsync(`dead/${base()}`, { qos: 1 });
    const source = await started({
      options: {
        protocolVersion,
        maximumRetryAttempts: 0,
        maximumConcurrency: 2,
        maximumQueueLength: 1,
        destinations: { onFailure: `dead/${base()}` },
      },
      handler: () => {
        throw Object.assign(new Error('no'), { code: 'NO' });
      },
    });
    // More than the source holds at once: each is acknowledged, or the rest would not come.
    await publishNumbers(20);
    await eventually('all failure messages', () => letters.length === 20);
    expect(letters.map(({ payload }) => Number(payload.toString())).toSorted((a, b) => a - b)).toEqual(numbers(20));
    const why = { errorCode: 'NO', errorMessage: 'no', sourceTopic: `${base()}/a` };
    expect(letters[0]?.properties).toMatchObject(protocolVersion === 5 ? why : { qos: 1 });
    await eventually('all to be given up on', () => ofType(source, 'recordDeadLettered').length === 20);
  });

  test('QoS 1: what is not handled yet is held back by the broker or by not reading; nothing is dropped', async () => {
    const gate = Promise.withResolvers<void>();
    const source = await started({
      options: { protocolVersion, maximumConcurrency: 2, maximumQueueLength: 3 },
      handler: () => gate.promise,
    });
    await publishNumbers(100);
    await eventually('the queue to fill', () => source.source.health().recordsWaiting === 3);
    expect(source.source.health()).toMatchObject({ invocationsInFlight: 2, recordsWaiting: 3 });
    gate.resolve();
    await source.invoked(100);
    expect(new Set(source.invocations)).toEqual(new Set(numbers(100)));
    expect(source.source.health().recordsWaiting).toBeLessThanOrEqual(3);
    expect(ofType(source, 'recordsDropped')).toEqual([]);
  });

  test('retained messages are delivered on start, or ignored when asked for', async () => {
    await publish('"retained"', { retain: true });
    const deliver = await started({ options: { protocolVersion, topic: `${base()}/a` } });
    await deliver.invoked(1);
    expect(deliver.invocations).toEqual(['retained']);
    const ignore = await started({ options: { protocolVersion, topic: `${base()}/a`, retained: 'ignore' } });
    await publish('"fresh"');
    await ignore.invoked(1);
    expect(ignore.invocations).toEqual(['fresh']);
    await ignore.source.stop();
    // MQTT 5 lets the subscriber ask that they do not come at all.
    expect(ignore.dropped('retained')).toBe(protocolVersion === 5 ? 0 : 1);
    expect(ignore.linesAt('warn')).toEqual([]);
    await publish('', { retain: true });
  });
});

describe('QoS 0', () => {
  test('is attempted once, and a failure is counted', async () => {
    const source = await started({
      options: { qos: 0 },
      handler: (event) => {
        if (event === 1) throw new Error('no');
      },
    });
    await publishNumbers(3);
    await eventually('all outcomes', () => outcomes(source).length === 3);
    await publish('9');
    await source.invoked(4);
    expect(source.invocations).toEqual([0, 1, 2, 9]);
    expect(outcomes(source).filter((outcome) => outcome === 'failed')).toHaveLength(1);
    expect(source.linesAt('warn')).toMatchObject([{ message: 'invocation failed', fields: { outcome: 'failed' } }]);
  });

  test('overflow drops the newest, to the message: sent = handled + dropped, in two lines', async () => {
    const gate = Promise.withResolvers<void>();
    const source = await started({
      options: { qos: 0, maximumConcurrency: 2, maximumQueueLength: 5 },
      handler: () => gate.promise,
    });
    for (const n of numbers(200)) await publish(String(n));
    await eventually('the drops to be told', () => source.dropped('overflow') === 193);
    gate.resolve();
    await source.invoked(7);
    await source.source.stop();
    expect(source.invocations).toEqual(numbers(7));
    expect(source.invocations.length + source.dropped('overflow')).toBe(200);
    expect(source.linesAt('warn').map(({ fields }) => fields['records'])).toEqual([undefined, 193]);
  });

  test('a topic alias of the publisher changes nothing', async () => {
    const source = await started({ options: { qos: 0, topicAs: 'topic' } });
    await publish('{"n":1}', { properties: { topicAlias: 3 } });
    await publish('{"n":2}', { properties: { topicAlias: 3 } }, '');
    await source.invoked(2);
    expect(source.invocations).toEqual([1, 2].map((n) => ({ n, topic: `${base()}/a` })));
  });
});

test('over WebSocket', async () => {
  const source = await started({ url: broker().webUrl });
  await publishNumbers(3);
  await source.invoked(3);
  expect(source.invocations).toEqual([0, 1, 2]);
});
