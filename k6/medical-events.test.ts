import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { declareStreams } from '../localstack/testing/broker.ts';
import { type TestDatabase, testDatabase } from '../localstack/testing/database.ts';
import { startFunctions, type TestFunctions } from '../localstack/testing/functions.ts';
import { type TestBroker, testBroker } from './testing/broker.ts';
import { K6_FAILED, runK6 } from './testing/run-k6.ts';

const START_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 120_000;
const PLANNED = 60;
const SMALL = { DURATION: '3s', RATE: '20', PATIENTS: '10', SPEED: 'any' };

let broker: TestBroker;
let database: TestDatabase;
let functions: TestFunctions;
beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker(), testDatabase()]);
  await declareStreams(broker.endpoints);
  functions = await startFunctions(database.url, {
    HEARTLINE_STREAM_URL: broker.endpoints.stream,
    HEARTLINE_PROCESSING_MIN_MS: '20',
    HEARTLINE_PROCESSING_MAX_MS: '40',
  });
}, START_TIMEOUT_MS);
afterAll(async () => {
  await functions?.stop();
  await database?.drop();
  await broker?.stop();
});

const run = (settings: Record<string, string>) =>
  runK6('medical-events', { BASE_URL: functions.http, ...SMALL, ...settings });

describe('npm run k6 -- medical-events', { timeout: RUN_TIMEOUT_MS }, () => {
  test('each event is accepted, and processed or given up on; a repetition has the same answer', async () => {
    const { code, output, of } = await run({ SEED: '41', RUN_ID: '0b000001', TRANSIENT: '0.1', PERMANENT: '0.05' });
    expect(code, output).toBe(0);
    expect(of('producer_acked_msgs')).toHaveLength(PLANNED);
    expect(of('repeat_differs').map(({ value }) => value)).toEqual([0, 0, 0]);
    const { rows } = await database.pool.query(
      `SELECT status, count(*)::int AS n FROM medical_events.events WHERE event_id LIKE '0b000001-%' GROUP BY 1`,
    );
    const counts = Object.fromEntries(rows.map(({ status, n }) => [status, n]));
    expect(counts['processed'] + counts['dead']).toBe(PLANNED);
    expect(counts['dead']).toBeGreaterThan(0);
    expect(of('event_processed_ms')).toHaveLength(counts['processed']);
  });

  test('in batches: each event has its own outcome', async () => {
    const { code, output, of } = await run({ SEED: '43', RUN_ID: '0b000003', BATCH: '25' });
    expect(code, output).toBe(0);
    expect(of('producer_acked_msgs')).toHaveLength(PLANNED);
    expect(of('http_reqs').filter(({ tags }) => tags['method'] === 'POST')).toHaveLength(3);
  });

  test('fails when an event comes to no end in time, and when one is gone', async () => {
    await database.pool.query(`
      CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.event_id LIKE '0b000002-%1' THEN RETURN NULL; END IF;
        IF NEW.event_id LIKE '0b000002-%2' THEN NEW.status := 'processing'; NEW.processed_at := NULL; NEW.late := NULL; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER forget BEFORE INSERT OR UPDATE ON medical_events.events FOR EACH ROW EXECUTE FUNCTION forget()`);
    const { code, output } = await run({ SEED: '42', RUN_ID: '0b000002', WAIT: '2s', DURATION: '1s' });
    expect(K6_FAILED).toContain(code);
    expect(output).toMatch(/20 events were sent, and 18 are there/);
    expect(output).toMatch(/[2-9] events were neither processed nor given up on after 2 s/);
  });
});
