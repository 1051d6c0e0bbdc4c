import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PermanentError, TransientError } from '../errors.ts';
import { keptTelemetry } from '../testing/telemetry.ts';
import { type MqttMessage, mqttHandler } from './mqtt-handler.ts';

const schema = z.strictObject({ ward: z.string(), patientId: z.string(), n: z.number() });
type Message = z.infer<typeof schema>;

const TOPIC = 'hl/icu-1/bed-1/patient-77/alert';
const good = { ward: 'icu-1', patientId: 'patient-77', n: 1, topic: TOPIC };

function handling(apply: (message: MqttMessage<Message>) => Promise<void>) {
  const kept = keptTelemetry();
  const handler = mqttHandler({ name: 'test', stage: 'test', kind: 'alert', schema, apply }, () => kept);
  const counted = (metric: string) => kept.lines.filter((line) => metric in line).map(({ reason }) => reason ?? 'all');
  const logged = (message: string) => kept.lines.filter((line) => line['message'] === message);
  return { handler, counted, logged, text: () => JSON.stringify(kept.lines) };
}

describe('a message', () => {
  test('that is valid is applied, with whose it is and when it came', async () => {
    const seen: MqttMessage<Message>[] = [];
    const { handler, counted } = handling(async (message) => void seen.push(message));
    const before = performance.now();
    expect(await handler(good)).toEqual({ outcome: 'applied' });
    expect(seen).toEqual([
      {
        message: { ward: 'icu-1', patientId: 'patient-77', n: 1 },
        topic: { ward: 'icu-1', bed: 'bed-1', patientId: 'patient-77', kind: 'alert' },
        receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        receivedMs: expect.any(Number),
      },
    ]);
    expect(seen[0]?.receivedMs).toBeGreaterThanOrEqual(before);
    expect(counted('consumer_received_msgs')).toEqual(['all']);
    expect(counted('messages_refused_total')).toEqual([]);
  });

  test('is logged under the trace that its sender began, or under one of its own', async () => {
    const { handler, logged } = handling(() => Promise.reject(new TransientError('database_slow', 'away')));
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await handler({ ...good, traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    await handler({ ...good, traceparent: 'nonsense' });
    await handler({ ...good, traceparent: ['00-1', '00-2'] });
    await handler(good);
    const traces = logged('message lost').map((line) => line['traceId']);
    expect(traces[0]).toBe(traceId);
    expect(new Set(traces).size).toBe(4);
    for (const trace of traces) expect(trace).toMatch(/^[0-9a-f]{32}$/);
  });

  test.each<[string, unknown]>([
    ['schema', null],
    ['schema', undefined],
    ['schema', 7],
    ['schema', 'text'],
    ['schema', []],
    ['topic', {}],
    ['topic', { ...good, topic: undefined }],
    ['topic', { ...good, topic: 7 }],
    ['topic', { ...good, topic: '' }],
    ['topic', { ...good, topic: 'hl/icu-1/bed-1/patient-77/vitals' }],
    ['topic', { ...good, topic: 'hl/icu-1/bed-1/patient 77/alert' }],
    ['topic', { ...good, topic: `${TOPIC}/more` }],
    ['empty', { payload: '', topic: TOPIC }],
    ['not_json', { payload: 'bm90IGpzb24=', topic: TOPIC }],
    ['schema', { topic: TOPIC }],
    ['schema', { ...good, n: 'one' }],
    ['schema', { ...good, more: 1 }],
    ['schema', { ...good, payload: 'x' }],
    ['schema', { payload: 7, topic: TOPIC }],
    ['topic_mismatch', { ...good, ward: 'icu-2' }],
    ['topic_mismatch', { ...good, patientId: 'patient-78' }],
    ['topic_mismatch', { ...good, topic: 'hl/icu-1/bed-1/Patient-77/alert' }],
  ])('is refused for its %s, counted, logged and not applied: %#', async (reason, event) => {
    const { handler, counted, logged } = handling(() => Promise.reject(new Error('must not be applied')));
    expect(await handler(event)).toEqual({ outcome: 'refused', reason });
    expect(counted('consumer_received_msgs')).toEqual(['all']);
    expect(counted('messages_refused_total')).toEqual([reason]);
    expect(logged('message refused')).toMatchObject([{ level: 'WARN', reason }]);
  });

  test('that is refused leaves neither its content nor a patient id in the log, and little else', async () => {
    const { handler, text } = handling(async () => undefined);
    const secrets = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`Jane Doe ${i}`, 'HIV']));
    await handler({ ...good, ...secrets, n: 'Jane Doe' });
    await handler({ payload: btoa('Jane Doe'), topic: TOPIC });
    await handler({ ...good, topic: 'hl/icu-1/bed-1/Jane Doe/alert' });
    expect(text()).not.toMatch(/Jane|HIV|SmFuZ|patient-77/);
    expect(text().length).toBeLessThan(4_000);
  });
});

describe('when it cannot be applied', () => {
  test.each([
    ['database', 'database_unavailable'],
    ['database', 'database_slow'],
    ['dependency', 'broker_away'],
  ])('for want of a %s (%s) it is lost: counted, logged, not asked for again', async (reason, code) => {
    const { handler, counted, logged } = handling(() => Promise.reject(new TransientError(code, 'away')));
    expect(await handler(good)).toEqual({ outcome: 'lost', reason });
    expect(counted('messages_refused_total')).toEqual([reason]);
    expect(logged('message lost')).toMatchObject([{ level: 'WARN', reason, ward: 'icu-1', error: { code } }]);
  });

  test.each([
    [new Error('a bug'), 'an unexpected error'],
    [new PermanentError('wrong', 'wrong'), 'wrong'],
  ])('through our own mistake, the invocation fails, for good: %s', async (thrown, named) => {
    const { handler, counted } = handling(() => Promise.reject(thrown));
    await expect(handler(good)).rejects.toMatchObject({
      code: 'message_failed',
      retriable: false,
      cause: thrown,
      message: expect.stringContaining(named),
    });
    expect(counted('messages_refused_total')).toEqual(['error']);
  });
});
