import { readFileSync } from 'node:fs';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../localstack/services/ports.ts';
import { declareStreams, startTestBroker, type TestBroker } from '../../localstack/testing/broker.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { MAX_CLOCK_AHEAD_MS } from '../../shared/alerts/alert-message.ts';
import { closePublishers } from '../../shared/stream/process-publisher.ts';
import { httpEvent, jsonPost, problemIn } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as getEvent } from './get-event.ts';
import { handler as listEventAttempts } from './list-event-attempts.ts';
import { handler as listPatientEvents } from './list-patient-events.ts';
import { handler as postEvent } from './post-event.ts';
import { handler as postEvents } from './post-events.ts';
import { handler as postFhirBundle } from './post-fhir-bundle.ts';
import { handler as postFhirObservation } from './post-fhir-observation.ts';
import { handler as processEvent } from './process-event.ts';

const BOOT_LIMIT_MS = 120_000;
const SIZE_MAX = 64 * 1024;

let db: TestDatabase;
let broker: TestBroker;
const connected = () =>
  useDatabase(db.url, {
    HEARTLINE_STREAM_URL: broker.endpoints.stream,
    HEARTLINE_PROCESSING_MIN_MS: '0',
    HEARTLINE_PROCESSING_MAX_MS: '0',
  });
beforeAll(async () => {
  [db, broker] = await Promise.all([testDatabase(), startTestBroker()]);
  await declareStreams(broker.endpoints);
  await connected();
}, BOOT_LIMIT_MS);
afterAll(async () => {
  await closePublishers();
  await releaseDatabase();
  await Promise.all([broker.remove(), db.drop()]);
}, BOOT_LIMIT_MS);

const bodyOf = ({ body = '' }: APIGatewayProxyStructuredResultV2) => JSON.parse(body);
let last = 0;
const anEvent = (more: object = {}) => {
  last += 1;
  return { patientId: 'p-1', type: 'lab', ts: '2026-10-01T10:30:00Z', data: { n: last }, ...more };
};
const read = (eventId: string) => getEvent(httpEvent({ params: { eventId } }));
const rowsOf = async (patientId: string) =>
  (await db.pool.query('SELECT event_id FROM medical_events.events WHERE patient_id = $1', [patientId])).rowCount;
/** As the stream trigger hands it over. */
const recordOf = (event: { eventId: string; patientId: string }, offset: number) => ({
  Records: [
    {
      kinesis: {
        data: Buffer.from(JSON.stringify({ version: 1, acceptedAt: new Date().toISOString(), ...event })).toString(
          'base64',
        ),
        sequenceNumber: String(offset),
        partitionKey: event.patientId,
      },
    },
  ],
});

describe('one event', () => {
  test('is queued, and read as it was sent; sent again, however it is spelled, it is the same', async () => {
    const event = anEvent({ ts: '2026-10-01T12:30:00.000+02:00', data: { b: 1.0, a: 'x' } });
    const first = await postEvent(jsonPost(event));
    expect(first.statusCode).toBe(202);
    const { eventId } = bodyOf(first);
    expect(eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
    expect(first.headers?.['location']).toBe(`/events/${eventId}`);
    const again = await postEvent(
      httpEvent({
        method: 'POST',
        body: '{"data":{"a":"\\u0078","b":1},"type":"lab","patientId":"p-1","ts":"2026-10-01T10:30:00Z"}',
      }),
    );
    expect([again.statusCode, again.body]).toEqual([202, first.body]);
    expect(bodyOf(await read(eventId))).toMatchObject({
      eventId,
      ts: '2026-10-01T10:30:00.000Z',
      data: { a: 'x', b: 1 },
      status: 'queued',
      attempts: 0,
    });
  });

  test('under an id of the sender’s own; with other content it is a conflict', async () => {
    const event = anEvent({ eventId: 'HL7:MSG00001' });
    expect(bodyOf(await postEvent(jsonPost(event)))).toEqual({ eventId: 'HL7:MSG00001', status: 'queued' });
    for (const other of [{ data: {} }, { patientId: 'p-2' }, { type: 'vitals' }, { ts: '2026-10-01T10:30:01Z' }]) {
      const answer = await postEvent(jsonPost({ ...event, ...other }));
      expect(problemIn(answer)).toMatchObject({ status: 409, code: 'event_conflict' });
    }
    expect((await postEvent(jsonPost(event))).statusCode).toBe(202);
  });

  test('sent many times at once is one event', async () => {
    const event = anEvent({ patientId: 'p-many' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => postEvent(jsonPost(event))));
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
    expect(await rowsOf('p-many')).toBe(1);
  });

  test('two with one id sent at once: one is accepted, the other a conflict', async () => {
    const events = [1, 2].map((n) => anEvent({ patientId: 'p-race', eventId: 'race', data: { race: n } }));
    const answers = await Promise.all(events.map((event) => postEvent(jsonPost(event))));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([202, 409]);
    expect(await rowsOf('p-race')).toBe(1);
  });

  test.each([
    ['patientId', { patientId: '' }],
    ['patientId', { patientId: 'p/1' }],
    ['type', { type: 'x'.repeat(65) }],
    ['eventId', { eventId: '..' }],
    ['ts', { ts: 'yesterday' }],
    ['ts', { ts: 5 }],
    ['data', { data: [] }],
    ['data', { data: 'text' }],
    ['data.a', { data: { a: '\u0000' } }],
    ['eventId', { eventId: 'a b' }],
    ['eventId', { eventId: 'x'.repeat(129) }],
    ['more', { more: 1 }],
  ])('is refused with a wrong %s', async (path, wrong) => {
    const problem = problemIn(await postEvent(jsonPost(anEvent(wrong))));
    expect(problem).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(problem.errors.map((fault) => fault.path)).toEqual([path]);
  });

  test('from a clock that cannot be right is refused', async () => {
    for (const ts of [new Date(Date.now() + MAX_CLOCK_AHEAD_MS + 60_000).toISOString(), '1999-12-31T00:00:00Z']) {
      expect(problemIn(await postEvent(jsonPost(anEvent({ ts }))))).toMatchObject({ status: 422, code: 'clock_skew' });
    }
  });

  test('that is no JSON, or too large', async () => {
    expect(problemIn(await postEvent(httpEvent({ method: 'POST', body: '{' }))).code).toBe('malformed_json');
    expect(problemIn(await postEvent(jsonPost('x'.repeat(SIZE_MAX)))).code).toBe('body_too_large');
  });

  test('that nobody sent is not found', async () => {
    expect(problemIn(await read('nobody'))).toMatchObject({ status: 404, code: 'event_not_found' });
  });
});

describe('many events', () => {
  const lines = (...values: unknown[]) =>
    httpEvent({
      method: 'POST',
      body: values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });

  test('as an array: 202 when all are accepted', async () => {
    const events = [anEvent(), anEvent()];
    const answer = await postEvents(jsonPost(events));
    expect(answer.statusCode).toBe(202);
    expect(bodyOf(answer)).toMatchObject({ accepted: 2, failed: 0, outcomes: [{ status: 202 }, { status: 202 }] });
    expect(bodyOf(await postEvents(jsonPost(events)))).toEqual(bodyOf(answer));
  });

  test('as lines: each has its own outcome, in their order', async () => {
    const event = anEvent({ eventId: 'line-1' });
    const answer = await postEvents(
      lines(
        event,
        '{',
        { patientId: 1 },
        event,
        { ...event, data: {} },
        anEvent({ ts: '1990-01-01T00:00:00Z' }),
        anEvent(),
      ),
    );
    expect(answer.statusCode).toBe(207);
    const { accepted, failed, outcomes } = bodyOf(answer);
    expect([accepted, failed]).toEqual([3, 4]);
    expect(outcomes.map(({ status, code }: { status: number; code?: string }) => code ?? status)).toEqual([
      202,
      'malformed_json',
      'validation_failed',
      202,
      'event_conflict',
      'clock_skew',
      202,
    ]);
  });

  test('none, too many or no list are refused as a whole', async () => {
    for (const list of [[], Array.from({ length: 1_001 }, () => 1), {}]) {
      expect(problemIn(await postEvents(jsonPost(list))).code).toBe('validation_failed');
    }
    expect(problemIn(await postEvents(lines())).code).toBe('validation_failed');
  });
});

describe('the FHIR door', () => {
  const observation = (more: object = {}) => ({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
    subject: { reference: 'Patient/p-fhir' },
    effectiveDateTime: '2026-10-01T12:30:00+02:00',
    valueQuantity: { value: 72, unit: '/min' },
    ...more,
  });
  const fhir = (value: unknown) => jsonPost(value, { headers: { 'content-type': 'application/fhir+json' } });
  const outcomeIn = (answer: APIGatewayProxyStructuredResultV2) => {
    expect(answer.headers?.['content-type']).toBe('application/fhir+json');
    const outcome = bodyOf(answer);
    expect(outcome.resourceType).toBe('OperationOutcome');
    return outcome.issue;
  };

  test('an Observation is an event of its patient, with the resource as its data', async () => {
    const answer = await postFhirObservation(fhir(observation()));
    expect(answer.statusCode).toBe(202);
    expect(outcomeIn(answer)).toMatchObject([{ severity: 'information' }]);
    const eventId = String(answer.headers?.['location']).replace('/events/', '');
    expect(bodyOf(await read(eventId))).toMatchObject({
      patientId: 'p-fhir',
      type: 'fhir.Observation',
      ts: '2026-10-01T10:30:00.000Z',
      data: observation(),
    });
    expect((await postFhirObservation(fhir(observation()))).headers?.['location']).toBe(answer.headers?.['location']);
  });

  test('with a business identifier it is that one’s event; with other content a conflict', async () => {
    const identifier = [{ system: 'urn:example:lab', value: 'specimen-1' }];
    expect((await postFhirObservation(fhir(observation({ identifier })))).statusCode).toBe(202);
    const other = await postFhirObservation(fhir(observation({ identifier, status: 'amended' })));
    expect(other.statusCode).toBe(409);
    expect(outcomeIn(other)).toMatchObject([{ severity: 'error', code: 'conflict' }]);
  });

  test.each([
    [{ effectiveDateTime: undefined, issued: '2026-10-01T09:00:00Z' }, '2026-10-01T09:00:00.000Z'],
    [{ effectiveDateTime: '2026-10-02' }, '2026-10-02T00:00:00.000Z'],
    [
      { effectiveDateTime: undefined, effectivePeriod: { start: '2026-10-01', end: '2026-10-03T08:00:00Z' } },
      '2026-10-03T08:00:00.000Z',
    ],
  ])('its time is that of the observation, or when it was issued: %j', async (more, ts) => {
    const answer = await postFhirObservation(fhir(observation(more)));
    expect(bodyOf(await read(String(answer.headers?.['location']).replace('/events/', '')))).toMatchObject({ ts });
  });

  test.each([
    ['Observation.resourceType', { resourceType: 'Patient' }],
    ['Observation.status', { status: 'done' }],
    ['Observation.status', { status: undefined }],
    ['Observation.code', { code: {} }],
    ['Observation.code.coding[0].system', { code: { coding: [{ system: 'no uri', code: 'x' }] } }],
    ['Observation.subject', { subject: undefined }],
    ['Observation.subject.reference', { subject: { reference: 'Device/7' } }],
    ['Observation.effectiveDateTime', { effectiveDateTime: undefined }],
    ['Observation.effectiveDateTime', { effectiveDateTime: '2026-10' }],
    ['Observation.valueString', { valueString: 'x' }],
  ])('a bad one gets an OperationOutcome that names %s', async (path, wrong) => {
    const answer = await postFhirObservation(fhir(observation(wrong)));
    expect(answer.statusCode).toBe(400);
    expect(outcomeIn(answer)).toMatchObject([{ severity: 'error', code: 'invalid', expression: [path] }]);
  });

  test('so does what is no FHIR at all', async () => {
    const broken = await postFhirObservation(httpEvent({ method: 'POST', body: '{' }));
    expect(outcomeIn(broken)).toMatchObject([{ code: 'structure' }]);
    for (const value of [null, [], 5, 'x'])
      expect(outcomeIn(await postFhirObservation(fhir(value)))[0].code).toBe('invalid');
    const late = await postFhirObservation(fhir(observation({ effectiveDateTime: '1990-01-01' })));
    expect([late.statusCode, outcomeIn(late)[0].code]).toEqual([422, 'business-rule']);
  });

  test('a batch Bundle: each entry has its own response', async () => {
    const entries = [
      { resource: observation(), request: { method: 'POST', url: 'Observation' } },
      { resource: observation({ status: 'done' }) },
      { resource: observation(), request: { method: 'DELETE', url: 'Observation/1' } },
      { resource: observation({ valueQuantity: { value: 73 } }) },
    ];
    const answer = await postFhirBundle(fhir({ resourceType: 'Bundle', type: 'batch', entry: entries }));
    expect(answer.statusCode).toBe(200);
    const { type, entry } = bodyOf(answer);
    expect(type).toBe('batch-response');
    const codes = entry.map(({ response }: { response: { status: string } }) => response.status.slice(0, 3));
    expect(codes).toEqual(['202', '400', '405', '202']);
    expect(entry[1].response.outcome.issue[0]).toMatchObject({ expression: ['Observation.status'] });
  });

  test.each([
    ['Bundle.type', { type: 'transaction' }],
    ['Bundle.entry', { entry: [] }],
    ['Bundle.resourceType', { resourceType: 'Observation' }],
  ])('a Bundle with a wrong %s is refused', async (path, wrong) => {
    const bundle = { resourceType: 'Bundle', type: 'batch', entry: [{ resource: observation() }], ...wrong };
    expect(outcomeIn(await postFhirBundle(fhir(bundle)))).toMatchObject([{ expression: [path] }]);
  });
});

describe('a patient’s events', () => {
  const list = async (query: Record<string, string> = {}) =>
    listPatientEvents(httpEvent({ params: { patientId: 'p-list' }, query }));

  test('are listed in the order of ts, a page at a time, each once', async () => {
    const at = (minute: number) => `2026-10-01T10:0${minute}:00.000Z`;
    for (const minute of [3, 1, 2, 1, 5]) await postEvent(jsonPost(anEvent({ patientId: 'p-list', ts: at(minute) })));
    const seen: string[] = [];
    let query: Record<string, string> = { limit: '2' };
    for (;;) {
      const page = bodyOf(await list(query));
      seen.push(...page.events.map(({ ts }: { ts: string }) => ts));
      if (page.nextCursor === undefined) break;
      query = { limit: '2', cursor: page.nextCursor };
    }
    expect(seen).toEqual([1, 1, 2, 3, 5].map(at));
    const within = bodyOf(await list({ from: at(2), to: at(5) })).events;
    expect(within.map(({ ts }: { ts: string }) => ts)).toEqual([at(2), at(3)]);
    expect(bodyOf(await listPatientEvents(httpEvent({ params: { patientId: 'nobody' } })))).toEqual({ events: [] });
  });

  test('with a wrong query are refused', async () => {
    for (const query of [{ from: 'x' }, { cursor: 'x' }, { limit: '0' }, { limit: '181' }, { unknown: '1' }]) {
      expect(problemIn(await list(query as Record<string, string>)).code).toBe('validation_failed');
    }
  });
});

describe('a record of the stream', () => {
  const process = async (event: object, offset: number) => processEvent(recordOf(event as never, offset));
  const stored = async (eventId: string) => bodyOf(await read(eventId));
  /** A page at a time. */
  async function everyAttempt(): Promise<{ eventId: string }[]> {
    const all = [];
    for (let since = '0'; ; ) {
      const { attempts, nextCursor } = bodyOf(await listEventAttempts(httpEvent({ query: { since, limit: '2' } })));
      if (attempts.length === 0) return all;
      all.push(...attempts);
      since = nextCursor;
    }
  }

  test('is processed once, whether or not it was seen by POST; late when a later one was before it', async () => {
    const event = { ...anEvent({ patientId: 'p-run' }), eventId: 'run-1' };
    expect(await process(event, 1)).toEqual({ batchItemFailures: [] });
    const first = await stored('run-1');
    expect(first).toMatchObject({ status: 'processed', attempts: 1, late: false, result: { status: 'ok' } });
    expect(await process(event, 1)).toEqual({ batchItemFailures: [] });
    expect(await process(event, 9)).toEqual({ batchItemFailures: [] });
    expect(await stored('run-1')).toEqual(first);
    await process({ ...anEvent({ patientId: 'p-run', ts: '2026-09-01T00:00:00Z' }), eventId: 'run-2' }, 10);
    expect(await stored('run-2')).toMatchObject({ late: true });
  });

  test('with another event’s id is dropped', async () => {
    const event = { ...anEvent({ patientId: 'p-other' }), eventId: 'other-1' };
    await process(event, 1);
    expect(await process({ ...event, data: { other: true } }, 2)).toEqual({ batchItemFailures: [] });
    expect(await stored('other-1')).toMatchObject({ data: event.data, attempts: 1 });
  });

  test('that fails for good is given up on at once, and again for as long as its dead letter may be missing', async () => {
    const event = { ...anEvent({ patientId: 'p-dead', data: { simulate: 'permanent' } }), eventId: 'dead-1' };
    for (let delivery = 0; delivery < 2; delivery += 1) {
      const { batchItemFailures } = await process(event, 5);
      expect(batchItemFailures).toMatchObject([{ itemIdentifier: '5', error: { retriable: false } }]);
    }
    expect(await stored('dead-1')).toMatchObject({
      status: 'dead',
      attempts: 1,
      result: { error: 'simulated_refusal' },
    });
    // Redriven: the same record, further on in the stream.
    expect((await process(event, 8)).batchItemFailures).toHaveLength(1);
    expect(await process(event, 5)).toEqual({ batchItemFailures: [] });
    const tried = await everyAttempt();
    expect(tried.filter(({ eventId }) => eventId === 'dead-1')).toMatchObject([
      { attempt: 1, outcome: 'dead', error: 'simulated_refusal', patientId: 'p-dead', offset: '5' },
      { attempt: 1, outcome: 'dead', offset: '8' },
    ]);
    expect(new Set(tried.map(({ eventId }) => eventId)).size).toBeGreaterThan(2);
  });

  test('that fails as often as it may is given up on', async () => {
    const event = { ...anEvent({ patientId: 'p-tired', data: { simulate: 'outage' } }), eventId: 'tired-1' };
    for (let attempt = 1; attempt < 5; attempt += 1) {
      await expect(process(event, 3)).rejects.toMatchObject({ code: 'simulated_failure', retriable: true });
      expect(await stored('tired-1')).toMatchObject({ status: 'failed', attempts: attempt });
    }
    expect((await process(event, 3)).batchItemFailures).toMatchObject([{ error: { code: 'attempts_exhausted' } }]);
    expect(await stored('tired-1')).toMatchObject({ status: 'dead', attempts: 5 });
  });

  test('whose every attempt ended its process is given up on as well', async () => {
    const event = { ...anEvent({ patientId: 'p-crash' }), eventId: 'crash-1' };
    await postEvent(jsonPost(event));
    await db.pool.query(
      `UPDATE medical_events.events SET status = 'processing', attempts = 5, stream_offset = 4 WHERE event_id = 'crash-1'`,
    );
    expect((await process(event, 4)).batchItemFailures).toMatchObject([{ error: { code: 'attempts_exhausted' } }]);
    expect(await stored('crash-1')).toMatchObject({ status: 'dead', result: { error: 'attempts_exhausted' } });
  });

  test('that is none goes to the dead letters', async () => {
    const { batchItemFailures } = await processEvent({
      Records: [{ kinesis: { data: Buffer.from('no').toString('base64'), sequenceNumber: '1', partitionKey: 'p' } }],
    });
    expect(batchItemFailures).toMatchObject([{ error: { code: 'poison_record' } }]);
  });
});

test('the sample events are good', async () => {
  const sample = (name: string) => JSON.parse(readFileSync(new URL(`events/${name}.json`, import.meta.url), 'utf8'));
  expect((await postEvent(sample('post-event'))).statusCode).toBe(202);
  expect((await postEvents(sample('post-events'))).statusCode).toBe(202);
  expect((await postFhirObservation(sample('post-fhir-observation'))).statusCode).toBe(202);
  expect((await postFhirBundle(sample('post-fhir-bundle'))).statusCode).toBe(200);
  expect(await processEvent(sample('process-event'))).toEqual({ batchItemFailures: [] });
  expect(bodyOf(await getEvent(sample('get-event')))).toMatchObject({ status: 'processed' });
  expect(bodyOf(await listPatientEvents(sample('list-patient-events'))).events.length).toBeGreaterThan(1);
});

test('without a broker: 503 in bounded time, and nothing is accepted', async () => {
  await closePublishers();
  await useDatabase(db.url, { HEARTLINE_STREAM_URL: `rabbitmq-stream://127.0.0.1:${await freePort()}` });
  const startedMs = performance.now();
  const answer = await postEvent(jsonPost(anEvent({ patientId: 'p-away' })));
  expect(problemIn(answer)).toMatchObject({ code: 'stream_unavailable', status: 503 });
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(await rowsOf('p-away')).toBe(0);
});
