import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PermanentError, TransientError } from '../errors.ts';
import { keptTelemetry } from '../testing/telemetry.ts';
import { type StreamRoute, streamHandler } from './stream-handler.ts';

const schema = z.strictObject({ key: z.string(), n: z.int() });
type Message = z.infer<typeof schema>;
type Apply = StreamRoute<Message>['apply'];

function handlerOf(apply: Apply) {
  const telemetry = keptTelemetry();
  const route = { name: 'take', stage: 'test', schema, partitionKey: ({ key }: Message) => key, apply };
  return { handler: streamHandler(route, () => telemetry), lines: telemetry.lines };
}
const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
const record = (sequenceNumber: string, value: unknown, partitionKey = 'k') => ({
  kinesis: { data: base64(value), sequenceNumber, partitionKey },
});
const checkpoint = { consumer: 'c', epoch: '3', position: '9' };
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('a batch', () => {
  test('is applied in its order, with its trace and its checkpoint', async () => {
    const given: unknown[] = [];
    const { handler } = handlerOf(async (records, trail) => {
      given.push(
        records.map(({ message, sequenceNumber }) => [sequenceNumber, message.n]),
        trail.checkpoint,
      );
      given.push(records.map(({ traceId }) => traceId)[0]);
      return [];
    });
    const first = { ...record('7', { key: 'k', n: 1 }), messageAttributes: { traceparent: TRACEPARENT } };
    const event = { Records: [first, record('8', { key: 'k', n: 2 })], checkpoint };
    expect(await handler(event)).toEqual({ batchItemFailures: [] });
    expect(given).toEqual([
      [
        ['7', 1],
        ['8', 2],
      ],
      { consumer: 'c', epoch: 3n, position: 9n, first: 7n, allBefore: true },
      '4bf92f3577b34da6a3ce929d0e0e4736',
    ]);
  });

  test.each<[string, string, ReturnType<typeof record>]>([
    ['not_json', 'poison_record', record('1', '{')],
    ['not_json', 'poison_record', record('1', '')],
    ['schema', 'poison_record', record('1', { key: 'k', n: 1, version: 2 })],
    ['schema', 'poison_record', record('1', 'null')],
    ['topic_mismatch', 'topic_mismatch', record('1', { key: 'other', n: 1 })],
  ])('refuses what is no message, for %s, and leaves the checkpoint alone: %#', async (reason, code, bad) => {
    const positions: unknown[] = [];
    const { handler, lines } = handlerOf(async (_records, trail) => {
      positions.push(trail.checkpoint);
      return [];
    });
    const event = { Records: [bad, record('2', { key: 'k', n: 1 })], checkpoint };
    const answer = await handler(event);
    expect(answer.batchItemFailures).toEqual([
      { itemIdentifier: '1', error: { code, name: 'PermanentError', message: expect.any(String), retriable: false } },
    ]);
    const refused = { consumer: 'c', epoch: 3n, position: undefined, first: 1n, allBefore: true };
    expect(positions).toEqual([refused]);
    // What is before the batch is not done: the event source names no position.
    await handler({ ...event, checkpoint: { consumer: 'c', epoch: '3' } });
    expect(positions[1]).toEqual({ ...refused, allBefore: false });
    expect(lines).toContainEqual(expect.objectContaining({ message: 'record refused', reason }));
  });

  test('of nothing but poison is not applied', async () => {
    const { handler } = handlerOf(async () => {
      throw new Error('applied');
    });
    expect((await handler({ Records: [record('1', 'x')] })).batchItemFailures).toHaveLength(1);
  });

  test('what apply refuses is reported, what it throws is thrown', async () => {
    const refusing = handlerOf(async () => [{ sequenceNumber: '2', error: new PermanentError('conflict', 'no') }]);
    const Records = [record('1', { key: 'k', n: 1 }), record('2', { key: 'k', n: 2 })];
    const answer = await refusing.handler({ Records });
    expect(answer.batchItemFailures).toMatchObject([
      { itemIdentifier: '2', error: { code: 'conflict', retriable: false } },
    ]);
    const away = new TransientError('away', 'later');
    const throwing = handlerOf(async () => {
      throw away;
    });
    await expect(throwing.handler({ Records })).rejects.toBe(away);
  });

  test('the text of a message is in no log line and in no answer', async () => {
    const { handler, lines } = handlerOf(async () => []);
    const answer = await handler({
      Records: [record('1', { key: 'secret-name', n: 'secret-value' }), record('2', '{secret')],
    });
    expect(JSON.stringify([answer, lines])).not.toContain('secret');
  });
});

test('whatever the event is, the handler answers or throws an error that says why', async () => {
  const { handler } = handlerOf(async () => []);
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.anything(), fc.record({ Records: fc.array(fc.anything()) })), async (event) => {
      try {
        expect(Array.isArray((await handler(event)).batchItemFailures)).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: 'not_a_batch' });
      }
    }),
  );
});
