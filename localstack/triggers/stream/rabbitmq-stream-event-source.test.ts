import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { encodeMessage } from '../stream-client/encode-message.ts';
import { queryOffset } from '../stream-client/offsets.ts';
import { BOOT_TIMEOUT_MS, streamBroker, type TestStreamBroker } from '../stream-client/test-stream-broker.ts';
import { onStreams } from './test-on-streams.ts';
import { messages, numbers, textOf } from './test-source.ts';

const DEADLINE_MS = 60_000;
let broker: TestStreamBroker;
beforeAll(async () => {
  broker = await streamBroker();
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close(), BOOT_TIMEOUT_MS);

const { newStream, started } = onStreams(() => broker);

async function storedOffset(stream: string, consumerName = 'consume'): Promise<bigint | undefined> {
  const client = await broker.connect();
  try {
    return await queryOffset({ client, stream, consumerName });
  } finally {
    await client.close();
  }
}

describe('reading', () => {
  test(
    'records come in batches, in order, in the shape of Kinesis; the checkpoint is stored; a second start goes on there',
    async () => {
      const stream = await newStream(...numbers(0, 250));
      const first = await started({ stream, batchSize: 100 });
      await first.handled(250);
      expect(first.texts()).toEqual(numbers(0, 250));
      expect(first.invocations.every(({ Records }) => Records.length <= 100)).toBe(true);
      const [record] = first.invocations[0]?.Records ?? [];
      expect(record).toMatchObject({
        kinesis: { sequenceNumber: '0', kinesisSchemaVersion: '1.0', data: Buffer.from('0').toString('base64') },
        eventSource: 'aws:kinesis',
        eventID: `${stream}:0`,
        eventSourceARN: `arn:aws:kinesis:local:000000000000:stream/${stream}`,
      });
      expect(JSON.parse(JSON.stringify(record)).kinesis.data).toBe('MA==');
      await first.stop();
      expect(await storedOffset(stream)).toBe(250n);
      await broker.publish(stream, messages('more'));
      const second = await started({ stream });
      await second.handled(1);
      expect(second.texts()).toEqual(['more']);
    },
    DEADLINE_MS,
  );

  test(
    'LATEST begins with what comes after the start',
    async () => {
      const stream = await newStream('old');
      const source = await started({ stream, startingPosition: 'LATEST' });
      await source.active(1);
      await eventually('the subscription is answered', async () => {
        await broker.publish(stream, messages('new'));
        return source.texts().length > 0;
      });
      expect(source.texts()).not.toContain('old');
    },
    DEADLINE_MS,
  );

  test(
    'a window gathers, a full batch does not wait for it',
    async () => {
      const stream = await newStream(...numbers(0, 7));
      const source = await started({ stream, batchSize: 5, maximumBatchingWindow: 1 });
      await source.handled(7);
      expect(source.invocations.map(({ Records }) => Records.length)).toEqual([5, 2]);
    },
    DEADLINE_MS,
  );

  test(
    'from MQTT: the level of the topic is the key, user properties are attributes',
    async () => {
      const stream = await newStream();
      await broker.bind(stream, 'hl.w9.#');
      const { connectAsync } = await import('mqtt');
      const device = await connectAsync(broker.mqtt, { protocolVersion: 5 });
      await device.publishAsync('hl/w9/b1/p7/alert', '{"a":1}', {
        qos: 1,
        properties: { userProperties: { traceparent: '00-aa-bb-01' }, correlationData: Buffer.of(1, 2) },
      });
      await device.endAsync();
      const source = await started({ stream, partitionKeyTopicLevel: 4 });
      await source.handled(1);
      const [record] = source.invocations[0]?.Records ?? [];
      expect(record?.kinesis.partitionKey).toBe('p7');
      expect(record?.messageAttributes).toEqual({ traceparent: '00-aa-bb-01' });
    },
    DEADLINE_MS,
  );

  test(
    'a filter leaves records out, and the checkpoint moves past them',
    async () => {
      const stream = await newStream(
        '{"kind":"alert","n":1}',
        '{"kind":"vitals"}',
        '{"kind":"alert","n":2}',
        '{"kind":"x"}',
      );
      const source = await started({ stream, filterPatterns: [{ data: { kind: ['alert'] } }] });
      await source.handled(2);
      expect(source.texts()).toEqual(['{"kind":"alert","n":1}', '{"kind":"alert","n":2}']);
      await source.stop();
      expect(await storedOffset(stream)).toBe(4n);
      expect(source.events).toContainEqual(expect.objectContaining({ type: 'recordsFiltered', records: 2 }));
    },
    DEADLINE_MS,
  );
});

describe('failures', () => {
  const retryDelay = { minimum: 0, maximum: 0.01 };

  test(
    'ReportBatchItemFailures: the lowest failing record and all after it come again',
    async () => {
      const stream = await newStream(...numbers(0, 5));
      let failed = false;
      const source = await started(
        { stream, batchSize: 5, maximumBatchingWindow: 5, functionResponseType: 'ReportBatchItemFailures', retryDelay },
        ({ Records }) => {
          if (failed) return undefined;
          failed = true;
          const id = (at: number) => ({ itemIdentifier: Records[at]?.kinesis.sequenceNumber });
          return { batchItemFailures: [id(3), id(2)] };
        },
      );
      await source.handled(8);
      expect(source.texts()).toEqual(['0', '1', '2', '3', '4', '2', '3', '4']);
    },
    DEADLINE_MS,
  );

  test(
    'poison: bisected, retried, sent to the destination with its bytes, and the rest is done',
    async () => {
      const stream = await newStream(...numbers(0, 4), 'poison', ...numbers(4, 8));
      const dead = await newStream();
      const source = await started(
        {
          stream,
          batchSize: 9,
          bisectBatchOnFunctionError: true,
          maximumRetryAttempts: 1,
          destinations: { onFailure: dead },
          retryDelay,
        },
        ({ Records }) => {
          if (Records.some((record) => textOf(record) === 'poison')) throw new Error('cannot read this');
        },
      );
      const poisoned = ({ type }: { type: string }) => type === 'recordDeadLettered';
      await eventually('the dead letter', () => source.events.some(poisoned), DEADLINE_MS);
      await eventually('the rest', () => new Set(source.texts()).size === 9, DEADLINE_MS);
      await source.stop();
      expect(await storedOffset(stream)).toBe(9n);
      expect(source.events.filter(poisoned)).toHaveLength(1);
      const letters = await started({ stream: dead }, undefined, { name: 'reader' });
      await letters.handled(1);
      expect(letters.texts()[0]).toContain('poison');
    },
    DEADLINE_MS,
  );

  test(
    'what is no message goes to the dead letters, without a destination of its own',
    async () => {
      const stream = await newStream('before');
      const dead = await newStream();
      await broker.publish(stream, [Buffer.from([0x00, 0x53, 0xff, 0x13]), ...messages('after')]);
      const source = await started({ stream }, undefined, { undecodableTo: dead });
      await source.handled(2);
      expect(source.texts()).toEqual(['before', 'after']);
      await eventually(
        'the dead letter',
        () => source.events.some(({ type }) => type === 'recordDeadLettered'),
        DEADLINE_MS,
      );
    },
    DEADLINE_MS,
  );

  test(
    'a handler that answers too late has failed; what it was given comes again',
    async () => {
      const stream = await newStream('a');
      let calls = 0;
      const source = await started(
        { stream, retryDelay },
        () => {
          calls += 1;
          return calls === 1 ? new Promise(() => undefined) : undefined;
        },
        { timeoutMs: 100 },
      );
      await source.handled(2);
      expect(source.events).toContainEqual(expect.objectContaining({ type: 'batchInvoked', outcome: 'timedOut' }));
    },
    DEADLINE_MS,
  );
});

describe('the stream', () => {
  test(
    'one that is not there yet is waited for, with a word of what is missing',
    async () => {
      const source = await started({ stream: 'not-there' }, undefined, { tuning: { startGraceMs: 0 } });
      await eventually('said so', () => source.source.health().status === 'reconnecting', DEADLINE_MS);
      expect(source.source.health().lastFailure).toContain('stream does not exist');
      await broker.createStream('not-there');
      await broker.publish('not-there', messages('x'));
      await source.handled(1);
      expect(source.source.health().status).toBe('running');
    },
    DEADLINE_MS,
  );

  test(
    'the lag is measured from the stored checkpoint',
    async () => {
      const stream = await newStream(...numbers(0, 20));
      const gate = Promise.withResolvers<void>();
      const source = await started({ stream, batchSize: 5 }, () => gate.promise);
      const lags = () => source.events.flatMap((event) => (event.type === 'lagMeasured' ? [event.records] : []));
      await eventually('a lag', () => (lags().at(-1) ?? 0) >= 20, DEADLINE_MS);
      gate.resolve();
      await eventually('none', () => lags().at(-1) === 0, DEADLINE_MS);
    },
    DEADLINE_MS,
  );
});

describe('a super stream', () => {
  test(
    'its partitions are shared out among workers of one name, and move when one of them stops; nothing comes twice',
    async () => {
      const parts = ['a', 'b', 'c', 'd'];
      await broker.createSuperStream('ward', parts);
      const one = await started({ superStream: 'ward', batchSize: 10 });
      await one.active(4);
      const two = await started({ superStream: 'ward', batchSize: 10 });
      await one.active(2);
      await two.active(2);
      for (const part of parts)
        await broker.publish(`ward-${part}`, messages(...numbers(0, 50).map((n) => `${part}${n}`)));
      await eventually('all', () => one.texts().length + two.texts().length >= 200, DEADLINE_MS);
      await one.stop();
      await two.active(4);
      for (const part of parts)
        await broker.publish(`ward-${part}`, messages(...numbers(50, 60).map((n) => `${part}${n}`)));
      await eventually('the rest', () => one.texts().length + two.texts().length >= 240, DEADLINE_MS);
      const all = [...one.texts(), ...two.texts()];
      expect(all).toHaveLength(240);
      for (const part of parts) {
        expect(all.filter((text) => text.startsWith(part))).toEqual(numbers(0, 60).map((n) => `${part}${n}`));
      }
    },
    DEADLINE_MS,
  );

  test(
    'messages of one key keep their order, others run beside them',
    async () => {
      const stream = await newStream();
      const keys = numbers(0, 8);
      const all = numbers(0, 20).flatMap((n) =>
        keys.map((key) => encodeMessage({ content: Buffer.from(`${key}:${n}`), subject: key })),
      );
      await broker.publish(stream, all);
      let running = 0;
      let most = 0;
      const done: string[] = [];
      const source = await started({ stream, batchSize: 4, parallelizationFactor: 4 }, async ({ Records }) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        done.push(...Records.map(textOf));
        running -= 1;
      });
      await source.handled(160);
      await eventually('all done', () => done.length === 160, DEADLINE_MS);
      expect(most).toBeGreaterThan(1);
      for (const key of keys) {
        expect(done.filter((text) => text.startsWith(`${key}:`))).toEqual(numbers(0, 20).map((n) => `${key}:${n}`));
      }
    },
    DEADLINE_MS,
  );
});
