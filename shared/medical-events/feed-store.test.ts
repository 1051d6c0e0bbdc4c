import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { queuedChange } from './event-change.ts';
import type { MedicalEvent } from './event-message.ts';
import { recordAccepted } from './event-store.ts';
import { closeFeeds, feedsAt, forgetFeedsBefore, MAX_FEEDS, openFeed } from './feed-store.ts';
import { type AttemptOutcome, type EventRuns, eventRuns } from './run-store.ts';

const HERE = 'http://127.0.0.1:1';
const ELSEWHERE = 'http://127.0.0.1:2';
const recordMetric = () => undefined;

let db: TestDatabase;
let database: Database;
let runs: EventRuns;
beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 4, timeoutMs: 20_000, applicationName: 'feeds-test' });
  runs = eventRuns({ database: () => database, recordMetric, worker: 'w', attemptsMax: 2 });
});
afterAll(async () => {
  await database.close();
  await db.drop();
});
beforeEach(() =>
  db.pool.query(
    `TRUNCATE medical_events.feeds, medical_events.events, medical_events.patients, pgmq.q_medical_events_changes`,
  ),
);

const open = (connectionId: string, patientId?: string, endpoint = HERE) =>
  openFeed({ connectionId, patientId, endpoint }, { database, recordMetric });
const idsAt = async (endpoint: string) =>
  (await feedsAt([endpoint], { database, recordMetric })).map(({ connectionId }) => connectionId).sort();

const eventOf = (eventId: string, patientId = 'p-1'): MedicalEvent => ({
  version: 1,
  eventId,
  patientId,
  type: 't',
  ts: '2026-10-01T00:00:00.000Z',
  data: { name: 'somebody' },
  acceptedAt: '2026-10-01T00:00:01.000Z',
});
const accept = (...events: MedicalEvent[]) => recordAccepted(events, { database, recordMetric });
const begin = (event: MedicalEvent) => runs.begin({ event, source: { owner: undefined, offset: 1n } });
const end = (eventId: string, attempt: number, outcome: AttemptOutcome) =>
  runs.end({
    eventId,
    attempt,
    source: { owner: undefined, offset: 1n },
    outcome,
    result: { status: 'ok', message: 'm' },
    durationMs: 1,
  });
async function queued() {
  const { rows } = await db.pool.query('SELECT message FROM pgmq.q_medical_events_changes ORDER BY msg_id');
  return rows.map(({ message }) => queuedChange.parse(message));
}
const told = async () => (await queued()).map(({ eventId, status, attempts }) => `${eventId} ${status} ${attempts}`);

test('each change is queued, in the order of its numbers, and says nothing of what is in the event', async () => {
  await open('all');
  const event = eventOf('e-1');
  await accept(event, event);
  await begin(event);
  await end('e-1', 1, 'returned');
  await begin(event);
  await end('e-1', 1, 'failed');
  await begin(event);
  await end('e-1', 2, 'processed');
  expect(await told()).toEqual([
    'e-1 queued 0',
    'e-1 processing 1',
    'e-1 queued 0',
    'e-1 processing 1',
    'e-1 failed 1',
    'e-1 processing 2',
    'e-1 processed 2',
  ]);
  const changes = await queued();
  const numbers = changes.map(({ number }) => number);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(JSON.stringify(changes)).not.toContain('somebody');
  const { rows } = await db.pool.query('SELECT processed_at FROM medical_events.events');
  expect([changes[0]?.at, changes.at(-1)?.at]).toEqual([event.acceptedAt, rows[0].processed_at.toISOString()]);
});

test('of many events in a statement each change is queued once', async () => {
  await open('all');
  const events = Array.from({ length: 60 }, (_, n) => eventOf(`e-${n}`, `p-${n}`));
  await accept(...events.slice(20));
  await Promise.all(events.map(begin));
  await Promise.all(events.map(({ eventId }) => end(eventId, 1, 'processed')));
  const changes = await queued();
  expect(changes).toHaveLength(events.length * 3);
  for (const { eventId } of events) {
    const statuses = changes.filter((change) => change.eventId === eventId).map(({ status }) => status);
    expect(statuses).toEqual(['queued', 'processing', 'processed']);
  }
});

test('what is no change is not queued: accepted again, begun again, ended too late', async () => {
  const event = eventOf('e-1');
  await accept(event);
  await begin(event);
  await end('e-1', 1, 'processed');
  await open('all');
  await accept(event);
  await begin(event);
  await end('e-1', 1, 'failed');
  expect(await told()).toEqual([]);
});

test('an event that is begun before its row is there was queued all the same; one whose attempts are used up is dead', async () => {
  await open('all');
  await begin(eventOf('fast'));
  await accept(eventOf('fast'));
  await begin(eventOf('fast'));
  expect(await begin(eventOf('fast'))).toEqual({ outcome: 'dead' });
  expect(await told()).toEqual(['fast queued 0', 'fast processing 1', 'fast processing 2', 'fast dead 2']);
});

test('nothing is queued for nobody: no feed, another patient’s, one that must be over; several at an endpoint are one', async () => {
  await accept(eventOf('none'));
  expect(await told()).toEqual([]);
  await open('other', 'p-2');
  await open('over');
  await db.pool.query(
    `UPDATE medical_events.feeds SET connected_at = now() - interval '121 minutes' WHERE connection_id = 'over'`,
  );
  await accept(eventOf('another'));
  expect(await told()).toEqual([]);
  await open('mine', 'p-1');
  await open('all');
  await open('elsewhere', undefined, ELSEWHERE);
  await accept(eventOf('heard'), eventOf('of-the-other', 'p-2'));
  const changes = await queued();
  expect(changes.map(({ eventId, endpoint }) => `${eventId} ${endpoint}`).sort()).toEqual(
    ['heard', 'of-the-other'].flatMap((id) => [`${id} ${HERE}`, `${id} ${ELSEWHERE}`]),
  );
  expect(await idsAt(HERE), 'a feed that opens removes what is over').toEqual(['all', 'mine', 'other']);
});

test('feeds are opened once, up to the limit of their endpoint, and closed', async () => {
  await db.pool.query(
    `INSERT INTO medical_events.feeds (connection_id, endpoint) SELECT 'n-' || n, $1 FROM generate_series(2, $2::int) AS n`,
    [HERE, MAX_FEEDS],
  );
  expect(await open('last')).toBe(true);
  expect(await open('last')).toBe(true);
  expect(await open('one more')).toBe(false);
  expect(await open('elsewhere', undefined, ELSEWHERE)).toBe(true);
  await closeFeeds(['last', 'unknown'], { database, recordMetric });
  expect(await open('one more')).toBe(true);
});

test('what a former server left at an endpoint is forgotten, and nothing else', async () => {
  await open('former');
  await open('former elsewhere', undefined, ELSEWHERE);
  await db.pool.query(`UPDATE medical_events.feeds SET connected_at = now() - interval '1 minute'`);
  await open('mine');
  await forgetFeedsBefore(HERE, 30, { database, recordMetric });
  expect([await idsAt(HERE), await idsAt(ELSEWHERE)]).toEqual([['mine'], ['former elsewhere']]);
});
