import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PermanentError, TransientError } from '../errors.ts';
import { keptTelemetry } from '../testing/telemetry.ts';
import { type QueueRecord, queueHandler } from './queue-handler.ts';

const schema = z.object({ n: z.number() });

function batch(...bodies: string[]): SQSEvent {
  const record = (body: string, i: number): SQSRecord => ({
    messageId: String(i + 1),
    receiptHandle: String(i + 1),
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 'test',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:test',
    awsRegion: 'eu-central-1',
  });
  return { Records: bodies.map(record) };
}

function handling(apply: (records: readonly QueueRecord<{ n: number }>[]) => Promise<void>) {
  const kept = keptTelemetry();
  const handler = queueHandler({ name: 'test', stage: 'test', schema, apply }, () => kept);
  return { handler, kept };
}

const failed = (...ids: string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({
    itemIdentifier,
    error: {
      code: expect.stringMatching(/./),
      name: expect.stringMatching(/Error$/),
      message: expect.stringMatching(/./),
    },
  })),
});

describe('a batch', () => {
  test('is applied whole, in order', async () => {
    const seen: number[] = [];
    const { handler } = handling(async (records) => void seen.push(...records.map(({ message }) => message.n)));
    expect(await handler(batch('{"n":1}', '{"n":2}'))).toEqual(failed());
    expect(seen).toEqual([1, 2]);
  });

  test('with poison in it: the poison is reported, the others are applied', async () => {
    const seen: string[] = [];
    const { handler, kept } = handling(async (records) => void seen.push(...records.map((r) => r.messageId)));
    const poison = ['not json', '{"n":"x"}', 'null', '[]', '', '{"n":1e999}'];
    const answer = await handler(batch('{"n":1}', ...poison, '{"n":2}'));
    expect(answer).toEqual(failed('2', '3', '4', '5', '6', '7'));
    expect(seen).toEqual(['1', '8']);
    expect(kept.lines.filter(({ message }) => message === 'record refused')).toHaveLength(poison.length);
  });

  test('with a message id that is none of pgmq’s is poison, too', async () => {
    const { handler } = handling(async () => undefined);
    const event = batch('{"n":1}');
    for (const record of event.Records) record.messageId = '1; DROP TABLE';
    expect(await handler(event)).toEqual(failed('1; DROP TABLE'));
  });

  test('of nothing, or of poison only, asks nothing of the database', async () => {
    const { handler } = handling(() => Promise.reject(new Error('must not be called')));
    expect(await handler(batch())).toEqual(failed());
    expect(await handler(batch('x'))).toEqual(failed('1'));
  });

  test('comes back whole after a transient error', async () => {
    const { handler } = handling(() => Promise.reject(new TransientError('database_unavailable', 'away')));
    await expect(handler(batch('{"n":1}', 'poison'))).rejects.toMatchObject({ code: 'database_unavailable' });
  });

  test('with one record that the statement refuses: that one is reported, the others are applied', async () => {
    const seen: number[] = [];
    const { handler } = handling(async (records) => {
      if (records.some(({ message }) => message.n === 2)) throw new PermanentError('refused', 'not this one');
      seen.push(...records.map(({ message }) => message.n));
    });
    expect(await handler(batch('{"n":1}', '{"n":2}', '{"n":3}'))).toEqual(failed('2'));
    expect(seen).toEqual([1, 3]);
  });

  test('is refused when it is no batch', async () => {
    const { handler } = handling(async () => undefined);
    for (const event of [{}, null, { Records: 'x' }, { Records: [{}] }]) {
      await expect(handler(event as SQSEvent)).rejects.toMatchObject({ code: 'not_a_batch' });
    }
  });
});
