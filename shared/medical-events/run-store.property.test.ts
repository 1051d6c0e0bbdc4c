import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rewriteFunction } from '../../lab/mutants/mutant-store.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { takeOver } from '../idempotency/index.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import type { MedicalEvent } from './event-message.ts';
import { type Asked, modelEvents, type Running } from './event-model.ts';
import { recordAccepted } from './event-store.ts';
import { type AttemptOutcome, type EventRuns, eventRuns } from './run-store.ts';

const RUNS = 60;
const MUTANT_RUNS = 300;
const TEST_TIMEOUT_MS = 120_000;
const ATTEMPTS_MAX = 3;
const CONSUMER = 'process-event/medical-events-p0';
const BASE_MS = Date.parse('2026-10-01T00:00:00.000Z');
const recordMetric = () => undefined;

interface At {
  db: TestDatabase;
  database: Database;
  runs: EventRuns;
}

async function open(): Promise<At> {
  const db = await testDatabase();
  const database = createDatabase({ url: db.url, poolSize: 4, timeoutMs: 20_000, applicationName: 'events-test' });
  const runs = eventRuns({ database: () => database, recordMetric, worker: 'w', attemptsMax: ATTEMPTS_MAX });
  return { db, database, runs };
}
async function close({ db, database }: At): Promise<void> {
  await database.close();
  await db.drop();
}

let at: At;
beforeAll(async () => {
  at = await open();
});
afterAll(() => close(at));

// Few ids and offsets, so that they meet.
const asked: fc.Arbitrary<Asked> = fc
  .record({ id: fc.nat(3), content: fc.constantFrom(0, 0, 0, 1) })
  .map(({ id, content }) => ({
    eventId: `event-${id}`,
    patientId: `patient-${id % 2}`,
    content,
    // Not in the order of their ids.
    ts: (id * 7) % 5,
  }));
const outcome = fc.constantFrom<AttemptOutcome>('processed', 'processed', 'failed', 'failed', 'dead', 'returned');
const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('accept' as const), asked }) },
  {
    weight: 5,
    // `old`: by an owner before the present one.
    arbitrary: fc.record({
      do: fc.constant('begin' as const),
      asked,
      offset: fc.nat(2),
      isOld: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), place: fc.nat(5), outcome }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('takeOver' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const eventOf = ({ eventId, patientId, content, ts }: Asked): MedicalEvent => ({
  version: 1,
  eventId,
  patientId,
  type: 't',
  ts: new Date(BASE_MS + ts).toISOString(),
  data: { content },
  acceptedAt: new Date(BASE_MS).toISOString(),
});

async function agreesWithModel(steps: readonly Step[], { db, database, runs }: At): Promise<boolean> {
  await db.pool.query(
    'TRUNCATE medical_events.events, medical_events.patients, medical_events.attempts, idempotency.consumers',
  );
  const own = () => takeOver({ pool: db.pool, consumer: CONSUMER, lockTimeoutMs: 5_000 });
  const epochs = [0n, (await own()).epoch];
  const model = modelEvents(ATTEMPTS_MAX);
  const running: Running[] = [];
  const sourceOf = (offset: number, epoch: number) => ({
    owner: { consumer: CONSUMER, epoch: epochs[epoch] ?? 0n },
    offset: BigInt(offset),
  });
  for (const one of steps) {
    if (one.do === 'takeOver') {
      model.takeOver();
      epochs[model.epoch()] = (await own()).epoch;
    } else if (one.do === 'accept') {
      const [accepted] = await recordAccepted([eventOf(one.asked)], { database, recordMetric });
      if (accepted !== model.accept(one.asked)) return false;
    } else if (one.do === 'begin') {
      const epoch = model.epoch() - Number(one.isOld);
      const begun = await runs.begin({ event: eventOf(one.asked), source: sourceOf(one.offset, epoch) });
      const said = begun.outcome === 'run' ? `run ${begun.attempt}` : begun.outcome;
      if (said !== model.begin(one.asked, one.offset, epoch)) return false;
      if (begun.outcome === 'run') running.push({ asked: one.asked, attempt: begun.attempt, epoch });
    } else {
      // An attempt may end more than once: a worker that was given up on comes to its end after all.
      const attempt = running[one.place % Math.max(1, running.length)];
      if (attempt === undefined) continue;
      const ended = await runs.end({
        eventId: attempt.asked.eventId,
        attempt: attempt.attempt,
        source: sourceOf(0, attempt.epoch),
        outcome: one.outcome,
        result: { status: one.outcome === 'processed' ? 'ok' : 'error', message: 'm' },
        durationMs: 1,
      });
      if ((ended === 'fenced' ? 'fenced' : 'stored') !== model.end(attempt, one.outcome)) return false;
    }
  }
  const { rows: tried } = await db.pool.query(
    `SELECT concat_ws(' ', event_id, attempt, outcome) AS one FROM medical_events.attempts ORDER BY sequence`,
  );
  if (tried.map(({ one }) => one).join() !== model.tried.join()) return false;
  const { rows } = await db.pool.query('SELECT event_id, status, attempts, late FROM medical_events.events');
  return (
    rows.length === model.events.size &&
    rows.every(({ event_id, status, attempts, late }) => {
      const event = model.events.get(event_id);
      return event?.status === status && event?.attempts === attempts && (event?.late ?? null) === late;
    })
  );
}

const histories = fc.array(step, { maxLength: 30, size: 'max' });

test(
  'whatever is accepted, begun, ended, repeated and taken over, in whatever order: the database decides as the model does',
  async () => {
    await fc.assert(
      fc.asyncProperty(histories, (steps) => agreesWithModel(steps, at)),
      { numRuns: RUNS },
    );
  },
  TEST_TIMEOUT_MS,
);

// The functions of the migration with one thought taken out: the model has to find it.
const MUTANTS: Record<string, { of: string; from: string; to: string }> = {
  'lets a former owner begin': {
    of: 'begin_events',
    from: 'mine := medical_events.owned(consumers, epochs);',
    to: 'mine := consumers;',
  },
  'lets a former owner end': {
    of: 'end_events',
    from: 'mine := medical_events.owned(consumers, epochs);',
    to: 'mine := consumers;',
  },
  'stores what an attempt that is over comes to': { of: 'end_events', from: 'AND e.attempts = i.attempt', to: '' },
  'stores an attempt twice': { of: 'end_events', from: `AND e.status = 'processing'`, to: '' },
  'processes again what was processed': {
    of: 'begin_events',
    from: `e.status = 'queued'`,
    to: `e.status IN ('queued', 'processed')`,
  },
  'takes another event’s id': { of: 'begin_events', from: 'e.fingerprint = excluded.fingerprint AND', to: '' },
  'begins from a repetition': { of: 'begin_events', from: 'AND e.stream_offset = excluded.stream_offset', to: '' },
  'counts no attempt': { of: 'begin_events', from: 'ELSE e.attempts + 1 END', to: 'ELSE e.attempts END' },
  'counts what was given back': {
    of: 'end_events',
    from: `e.attempts - i.is_returned::integer`,
    to: 'e.attempts',
  },
  'says nothing of an attempt that was lost': {
    of: 'begin_events',
    from: `WHERE item.is_mine AND (e.status = 'processing'`,
    to: 'WHERE false AND (false',
  },
  'calls none late': { of: 'end_events', from: 'coalesce(e.ts <', to: 'coalesce(false AND e.ts <' },
};
const MUTANT_SEED = 5;

test.each(Object.entries(MUTANTS))(
  'mutant: one that %s is caught',
  async (_, { of, from, to }) => {
    const own = await open();
    try {
      await own.db.pool.query('ALTER TABLE medical_events.events DROP CONSTRAINT events_check');
      await rewriteFunction(own.database, `medical_events.${of}`, [[from, to]]);
      const result = await fc.check(
        fc.asyncProperty(histories, (steps) => agreesWithModel(steps, own)),
        { numRuns: MUTANT_RUNS, seed: MUTANT_SEED, endOnFailure: true },
      );
      expect(result.failed).toBe(true);
      expect(String(result.errorInstance), 'by what it decided').toContain('Property failed by returning false');
    } finally {
      await close(own);
    }
  },
  TEST_TIMEOUT_MS,
);
