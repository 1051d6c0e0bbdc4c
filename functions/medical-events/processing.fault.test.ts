// What stands behind the stage fails, hangs, is away; and the processes that work for it are asked to end.
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { redrive } from '../../localstack/redrive/redrive.ts';
import { redriveOptions } from '../../localstack/redrive/redrive-options.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { silentLogger } from '../../localstack/triggers/silent-logger.ts';
import type { Worker } from '../../localstack/worker/start-worker.ts';
import type { StoredEvent } from '../../shared/medical-events/stored-event.ts';
import { closePublishers } from '../../shared/stream/process-publisher.ts';
import { httpEvent, jsonPost } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { type Downstream, downstream } from '../testing/downstream.ts';
import { throughBroker } from '../testing/through-broker.ts';
import { handler as getEvent } from './get-event.ts';
import { handler as postEvent } from './post-event.ts';

const TEST_LIMIT_MS = 120_000;
const DEADLINE_MS = 60_000;
const ACCEPTED = 202;
const DRAIN_MS = 3_000;
/** What a replica may take past its drain to close its connections and end, on a machine that does other things. */
const END_MS = 10_000;
/** From one owner of a partition to the next, and the event's beginning there, on such a machine; a partition that moves waits for 25 s. */
const HANDOVER_MS = 10_000;

const stage = throughBroker();
let system: Downstream;
beforeAll(async () => {
  system = await downstream();
  await useDatabase(stage.db.url, { HEARTLINE_STREAM_URL: stage.broker.endpoints.stream });
});
afterAll(async () => {
  await closePublishers();
  await releaseDatabase();
  await system.close();
});

let sent = 0;
async function post(patientId: string, type: string, data: object = {}): Promise<string> {
  sent += 1;
  const body = { patientId, type, ts: '2026-10-01T10:30:00Z', data: { ...data, sent } };
  const { statusCode, body: text = '' } = await eventually('an answer', async () => {
    const answer = await postEvent(jsonPost(body));
    return answer.statusCode === ACCEPTED && answer;
  });
  expect(statusCode).toBe(ACCEPTED);
  return JSON.parse(text).eventId;
}
const read = async (eventId: string): Promise<StoredEvent> =>
  JSON.parse((await getEvent(httpEvent({ params: { eventId } }))).body ?? '');
const until = (eventId: string, status: StoredEvent['status']) =>
  eventually(`an event to be ${status}`, async () => (await read(eventId)).status === status, DEADLINE_MS);
const called = (eventId: string, times = 1) =>
  eventually(`${times} calls`, () => system.calls(eventId)[times - 1], DEADLINE_MS);

const workers = (settings: Record<string, string>, replicas = 1): Promise<Worker> =>
  stage.work({ function: 'process-event', replicas, drainMs: DRAIN_MS, settings });
const viaHttp = (settings: Record<string, string> = {}) => ({ HEARTLINE_PROCESSOR_URL: system.url, ...settings });
const deadLetterOf = async (eventId: string): Promise<string> => {
  const options = redriveOptions(['medical-events', '--list', '--event', eventId]);
  if ('wrong' in options) throw new Error(options.wrong);
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  await redrive(options, { url: stage.broker.endpoints.stream, print, logger: silentLogger });
  return lines.join('\n');
};

test('a worker that is stopped finishes what it can, and gives back the rest: no attempt is lost, the next begins it at once', {
  timeout: TEST_LIMIT_MS,
}, async () => {
  const worker = await workers(viaHttp());
  const [hangs, ends] = [await post('stop-1', 'never'), await post('stop-2', 'after-1-s')];
  await Promise.all([called(hangs), called(ends)]);
  const stoppedMs = performance.now();
  expect(await worker.stop()).toEqual({ code: 0 });
  expect(performance.now() - stoppedMs).toBeLessThan(DRAIN_MS + END_MS);
  expect(await read(ends)).toMatchObject({ status: 'processed', attempts: 1 });
  expect(await read(hangs)).toMatchObject({ status: 'queued', attempts: 0 });
  expect(system.calls(hangs)[0]?.abortedMs, 'the call is cut').toBeLessThan(stoppedMs + DRAIN_MS);

  const pair = await workers(viaHttp(), 2);
  await called(hangs, 2);
  const { rows } = await stage.db.pool.query('SELECT worker FROM medical_events.events WHERE event_id = $1', [hangs]);
  const pid = Number(rows[0].worker.split('/')[1]);
  expect(pair.replicas().map((replica) => replica.pid)).toContain(pid);
  process.kill(pid, 'SIGTERM');
  const third = await called(hangs, 3);
  const cutMs = system.calls(hangs)[1]?.abortedMs ?? Number.NaN;
  expect(third.atMs - cutMs).toBeLessThan(HANDOVER_MS);
  expect(await read(hangs)).toMatchObject({ status: 'processing', attempts: 1 });
});

test('one that hangs costs its patient attempts, and nobody else anything; then it is dead, with a dead letter', {
  timeout: TEST_LIMIT_MS,
}, async () => {
  await workers({
    HEARTLINE_PROCESSING_MIN_MS: '0',
    HEARTLINE_PROCESSING_MAX_MS: '0',
    HEARTLINE_PROCESSING_TIMEOUT_MS: '2000',
    HEARTLINE_PROCESSING_ATTEMPTS: '2',
  });
  const hangs = await post('hang-0', 'observation', { simulate: 'hang' });
  const behind = await post('hang-0', 'observation');
  const others = await Promise.all(Array.from({ length: 20 }, (_, n) => post(`hang-${1 + n}`, 'observation')));
  await Promise.all(others.map((eventId) => until(eventId, 'processed')));
  await until(behind, 'processed');
  expect(await read(hangs)).toMatchObject({ status: 'dead', attempts: 2, result: { error: 'processor_timeout' } });
  const { rows } = await stage.db.pool.query(
    `SELECT (SELECT started_at FROM medical_events.attempts WHERE event_id = $2) >= max(ended_at) AS waited
     FROM medical_events.attempts WHERE event_id = $1`,
    [hangs, behind],
  );
  expect(rows, 'the one behind it has waited').toEqual([{ waited: true }]);
  expect(await deadLetterOf(hangs)).toContain('To redrive: 1 dead letter');
  for (const { attempts } of await Promise.all(others.map(read))) expect(attempts).toBe(1);
});

test('by HTTP: what each kind of answer comes to', { timeout: TEST_LIMIT_MS }, async () => {
  await workers(viaHttp({ HEARTLINE_PROCESSING_TIMEOUT_MS: '4000', HEARTLINE_PROCESSING_ATTEMPTS: '2' }));
  // The most are well, so the circuit stays closed.
  const well = await Promise.all(Array.from({ length: 30 }, (_, n) => post(`http-${n}`, 'ok')));
  await Promise.all(well.map((eventId) => until(eventId, 'processed')));
  const processed = (attempts: number) => ({ status: 'processed', attempts, result: { status: 'ok' } });
  const dead = (attempts: number, error: string) => ({ status: 'dead', attempts, result: { error } });
  const expected = {
    never: dead(2, 'processor_timeout'),
    'late-once': processed(2),
    'fails-once': processed(2),
    'busy-once': processed(2),
    'reset-once': processed(2),
    refused: dead(1, 'downstream_refused'),
    moved: dead(2, 'downstream_failed'),
    'breaks-off': processed(1),
    huge: processed(1),
  };
  const ids = new Map<string, string>();
  for (const type of Object.keys(expected)) ids.set(type, await post(`http-${type}`, type));
  for (const [type, outcome] of Object.entries(expected)) {
    const eventId = ids.get(type) ?? '';
    await until(eventId, outcome.status === 'dead' ? 'dead' : 'processed');
    expect(await read(eventId)).toMatchObject({ ...outcome, type });
  }
  const huge = system.calls(ids.get('huge') ?? '')[0];
  await eventually('the huge answer to be cut', () => huge?.abortedMs);
});

test('a system that is away: after some failures nothing is begun but a probe now and then, and no attempt is spent; then all is done', {
  timeout: TEST_LIMIT_MS,
}, async () => {
  /** Those that came to their end. */
  const attempts = async () => {
    const { rows } = await stage.db.pool.query(
      `SELECT sum(attempts - (status = 'processing')::int)::int AS n FROM medical_events.events WHERE patient_id LIKE 'away-%'`,
    );
    return rows[0].n;
  };
  system.away(true);
  const worker = await workers(viaHttp({ HEARTLINE_CIRCUIT_RESET_MS: '300', HEARTLINE_PROCESSING_ATTEMPTS: '3' }));
  const circuit = () => worker.replicas()[0]?.circuits[0]?.state;
  const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => post(`away-${n}`, 'ok')));
  await eventually('the circuit to open', () => circuit() === 'open', DEADLINE_MS);
  const [spent, calls] = [await attempts(), system.count()];
  // Longer than each event's attempts would have lasted.
  await eventually('probes', () => system.count() >= calls + 5, DEADLINE_MS);
  expect(await attempts()).toBe(spent);
  system.away(false);
  await Promise.all(ids.map((eventId) => until(eventId, 'processed')));
  await eventually('the circuit to close', () => circuit() === 'closed', DEADLINE_MS);
  expect(await attempts()).toBe(spent + ids.length);
});
