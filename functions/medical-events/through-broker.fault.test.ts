import { describe, expect, test } from 'vitest';
import { eventually } from '../../localstack/testing/eventually.ts';
import type { TestFunctions } from '../../localstack/testing/functions.ts';
import type { StoredEvent } from '../../shared/medical-events/stored-event.ts';
import { processReadiness } from '../../shared/ops/process-readiness.ts';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';
import { throughBroker } from '../testing/through-broker.ts';

const TEST_LIMIT_MS = 120_000;
const DEADLINE_MS = 60_000;
const ACCEPTED = 202;
const UNAVAILABLE = 503;

const stage = throughBroker({ HEARTLINE_PROCESSING_MIN_MS: '100', HEARTLINE_PROCESSING_MAX_MS: '300' });

interface Answer {
  status: number;
  body: { eventId: string; status?: string; code?: string };
}

const eventOf = (patientId: string, data: object = {}, ts = new Date().toISOString()) => ({
  patientId,
  type: 'observation',
  ts,
  data,
});

/** As a careful client: again until it is answered; a process that has just started connects first. */
async function post({ http }: TestFunctions, body: object): Promise<Answer> {
  for (;;) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetchAllowed(`${http}/events`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== UNAVAILABLE) return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  }
}
const read = async <T>({ http }: TestFunctions, path: string) =>
  (await (await fetchAllowed(`${http}${path}`)).json()) as T;
const ended = async (ids: readonly string[]) =>
  (
    await stage.db.pool.query(
      `SELECT FROM medical_events.events WHERE event_id = ANY($1) AND status IN ('processed', 'dead')`,
      [ids],
    )
  ).rowCount;

/** Where two events of a patient were worked on at once, or the later in the stream first. */
async function disorder(): Promise<object[]> {
  const { rows } = await stage.db.pool.query(`
    SELECT a.event_id AS earlier, b.event_id AS later FROM medical_events.events AS a
    JOIN medical_events.events AS b ON a.patient_id = b.patient_id AND a.stream_offset < b.stream_offset
    WHERE a.status = 'processed' AND b.started_at < a.processed_at`);
  return rows;
}

describe('through broker and serverless offline', { timeout: TEST_LIMIT_MS }, () => {
  test('accepted at once, processed soon; the same body again is the same event; other content is a conflict', async () => {
    const functions = await stage.start();
    const event = eventOf('p1', { heartRate: 72 });
    const first = await post(functions, event);
    expect(first).toEqual({ status: ACCEPTED, body: { eventId: expect.any(String), status: 'queued' } });
    const { eventId } = first.body;
    const { data, ...rest } = event;
    expect(await post(functions, { data, ...rest })).toEqual(first);
    expect(await post(functions, { ...event, eventId, data: {} })).toMatchObject({ status: 409 });
    await eventually('the event', async () => (await ended([eventId])) === 1, DEADLINE_MS);
    expect(await read(functions, `/events/${eventId}`)).toMatchObject({
      ...event,
      status: 'processed',
      attempts: 1,
      late: false,
      result: { status: 'ok' },
    });
    const early = await post(functions, eventOf('p1', {}, '2026-01-01T00:00:00Z'));
    await eventually('the late one', async () => (await ended([early.body.eventId])) === 1, DEADLINE_MS);
    const { events } = await read<{ events: StoredEvent[] }>(functions, '/patients/p1/events');
    expect(events.map((one) => [one.eventId, one.late])).toEqual([
      [early.body.eventId, true],
      [eventId, false],
    ]);
    const failing = await post(functions, eventOf('p1', { simulate: 'transient' }));
    const refused = await post(functions, eventOf('p1', { simulate: 'permanent' }));
    const after = await post(functions, eventOf('p1', { last: true }));
    const ids = [failing, refused, after].map(({ body }) => body.eventId);
    await eventually('the others', async () => (await ended(ids)) === ids.length, DEADLINE_MS);
    const found = await Promise.all(ids.map((id) => read<StoredEvent>(functions, `/events/${id}`)));
    expect(found).toMatchObject([
      { status: 'processed', attempts: 2 },
      { status: 'dead', attempts: 1, result: { error: 'simulated_refusal' } },
      { status: 'processed', attempts: 1 },
    ]);
    expect(await disorder()).toEqual([]);
    // Triggers, circuit and readyz are in one process here; there is no data plane.
    const ready = await eventually('nothing to be behind', async () => {
      const answer = await fetchAllowed(`${functions.http}/readyz`);
      const body = processReadiness.parse(await answer.json());
      const consumer = body.consumers.find((one) => one.function === 'process-event');
      return answer.ok && consumer?.behind === 0 && body;
    });
    expect(ready).toMatchObject({ status: 'degraded', circuits: [{ name: 'processor', state: 'closed' }] });
    expect(ready.consumers.filter(({ status }) => status !== 'running')).toEqual([]);
  });

  test('replicas that are killed and handed over to: each event to its end, a patient’s one at a time and in order', async () => {
    const [first, second] = await Promise.all([stage.start(), stage.start()]);
    const ids: string[] = [];
    const send = async (functions: TestFunctions, from: number) => {
      for (let n = from; n < from + 60; n += 1) {
        const simulate = n % 10 === 0 ? { simulate: n % 20 === 0 ? 'transient' : 'permanent' } : {};
        const answer = await post(functions, eventOf(`many-${n % 12}`, { n, ...simulate }));
        expect(answer.status).toBe(ACCEPTED);
        ids.push(answer.body.eventId);
      }
    };
    await send(second, 0);
    await first.kill();
    await send(second, 60);
    const third = await stage.start();
    await send(third, 120);
    await second.stop();
    await eventually('all', async () => (await ended(ids)) === ids.length, DEADLINE_MS);
    expect(await disorder()).toEqual([]);
    const { rows } = await stage.db.pool.query(
      `SELECT status, count(*)::int AS n FROM medical_events.events WHERE patient_id LIKE 'many-%' GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toEqual([
      { status: 'dead', n: 9 },
      { status: 'processed', n: 171 },
    ]);
  });
});
