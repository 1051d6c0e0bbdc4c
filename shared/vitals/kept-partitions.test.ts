// With a real database; whatever dies in between is alerter.property.test.ts's.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { TransientError } from '../errors.ts';
import { removalOfPosition, takeOver } from '../idempotency/index.ts';
import { createDatabase, type Database } from '../postgres/database.ts';
import { keptTelemetry } from '../testing/telemetry.ts';
import type { AlertEvent } from './alert-event.ts';
import { type AlerterParts, createAlerter } from './alerter.ts';
import { HEART_RATE } from './kinds.ts';
import { packSnapshot, SNAPSHOT_VERSION, unpackSnapshot } from './snapshot.ts';
import { loadSnapshot, saveSnapshot } from './snapshot-store.ts';
import { loadThresholdBook } from './threshold-book.ts';
import { wardScope } from './threshold-scope.ts';
import { putThresholds } from './threshold-store.ts';
import { viewOf } from './threshold-view.ts';
import { thresholdsSchema } from './thresholds.ts';
import { vitalsHandler } from './vitals-handler.ts';

const LOCK_TIMEOUT_MS = 5_000;
const HIGH = `threshold/HR/high`;
let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = createDatabase({ url: db.url, poolSize: 4, timeoutMs: 20_000, applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await db.drop();
});
const context = () => ({ database, recordMetric: () => undefined });

let consumers = 0;
const newConsumer = () => {
  consumers += 1;
  return `evaluate-vitals/vitals-${consumers}`;
};
const own = (consumer: string) => takeOver({ pool: db.pool, consumer, lockTimeoutMs: LOCK_TIMEOUT_MS });
const positionOf = async (consumer: string) =>
  (await db.pool.query('SELECT position FROM idempotency.consumers WHERE consumer = $1', [consumer])).rows[0]?.position;

/** A worker's handler, its lines, and what it has told. */
function worker(change: Partial<AlerterParts> = {}) {
  const told: AlertEvent[] = [];
  const telemetry = keptTelemetry();
  const alerter = createAlerter({
    publish: async (events) => void told.push(...events),
    loadSnapshot: (consumer) => loadSnapshot(consumer, context()),
    saveSnapshot: (snapshot) => saveSnapshot(snapshot, context()),
    thresholds: () => viewOf({}),
    lastSleep: async () => new Map(),
    snapshotEveryMs: 0,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    ...change,
  });
  const handler = vitalsHandler(
    'evaluate-vitals',
    async () => alerter,
    () => telemetry,
  );
  const take = async (consumer: string, epoch: bigint, first: number, ...messages: unknown[]) => {
    const Records = messages.map((message, index) => record(first + index, message));
    const checkpoint = { consumer, epoch: String(epoch), position: String(first + messages.length) };
    const { batchItemFailures } = await handler({ Records, checkpoint });
    await alerter.idle();
    return batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier));
  };
  const failed = () => telemetry.lines.filter((line) => 'snapshots_failed_total' in line).length;
  return { take, told, lines: telemetry.lines, failed };
}

/** Each a second after the one before. */
const START_MS = Date.UTC(2026, 0, 1);
const record = (offset: number, message: unknown, atMs = START_MS + offset * 1_000) => ({
  kinesis: {
    data: Buffer.from(typeof message === 'number' ? heartRate(message, atMs) : JSON.stringify(message)).toString(
      'base64',
    ),
    sequenceNumber: String(offset),
    partitionKey: 'p-1',
    approximateArrivalTimestamp: atMs / 1_000,
  },
});
const heartRate = (value: number, atMs: number) =>
  JSON.stringify({
    patientId: 'p-1',
    ward: 'icu-1',
    bed: 'b1',
    deviceId: 'monitor-1',
    readings: [{ code: HEART_RATE, value, unit: '/min', time: new Date(atMs).toISOString() }],
  });
const MALFORMED = { no: 'message' };

/** The heart rate that came last into the state, by its offset. */
async function newestIn(consumer: string): Promise<number> {
  const { state, version } = (await loadSnapshot(consumer, context())) ?? { state: Buffer.alloc(0), version: 0 };
  const last = (await unpackSnapshot(state, version)).state.patients.get('p-1')?.last[HEART_RATE];
  return ((last?.atMs ?? 0) - START_MS) / 1_000;
}

describe('where a state is stored', () => {
  test('a record in each batch that nobody can read stops no state, and position and state agree', async () => {
    const consumer = newConsumer();
    const { epoch } = await own(consumer);
    const { take } = worker();
    for (let first = 0; first < 60; first += 3)
      expect(await take(consumer, epoch, first, MALFORMED, 80, MALFORMED)).toHaveLength(2);
    // Up to the last batch's begin: its own dead letters are not confirmed yet.
    expect(await positionOf(consumer)).toBe('57');
    expect(await newestIn(consumer)).toBe(55);
  });

  test('a batch that was given up on, and judged all the same, then comes in halves: nothing is stored within it', async () => {
    const consumer = newConsumer();
    const { epoch } = await own(consumer);
    const { take } = worker();
    await take(consumer, epoch, 0, 80, 80, 80, 80);
    await take(consumer, epoch, 0, 80, 80);
    expect(await positionOf(consumer)).toBe('0');
    await take(consumer, epoch, 2, 80, 80);
    await take(consumer, epoch, 4, 80);
    expect([await positionOf(consumer), await newestIn(consumer)]).toEqual(['4', 3]);
  });

  test('a checkpoint that a person removed, since the stream was made anew: all begins anew, and is stored again', async () => {
    const consumer = newConsumer();
    await worker().take(consumer, (await own(consumer)).epoch, 1_000_000, 80);
    await db.pool.query(removalOfPosition(consumer));
    const { epoch, position } = await own(consumer);
    expect(position).toBe(undefined);
    const { take, told, lines } = worker();
    for (let first = 0; first < 20; first += 1) await take(consumer, epoch, first, 160);
    expect(told).toMatchObject([{ type: 'start', condition: HIGH }]);
    expect([await positionOf(consumer), await newestIn(consumer)]).toEqual(['19', 18]);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'ERROR', message: expect.stringContaining('checkpoint was removed') }),
    );
  });
});

describe('a state of another release', () => {
  /** A partition with an open alert, as that release has stored it. */
  async function storedBy(version: number, change = (text: string) => packSnapshot(text)) {
    const consumer = newConsumer();
    const { epoch } = await own(consumer);
    const { take, told } = worker();
    await take(consumer, epoch, 0, 160);
    await take(consumer, epoch, 1, 160);
    const { state, ...held } = (await loadSnapshot(consumer, context())) ?? { state: Buffer.alloc(0), position: 0n };
    const { clockMs, patients } = (await unpackSnapshot(state, SNAPSHOT_VERSION)).state;
    const bytes = await change(JSON.stringify({ clockMs, patients: [...patients.values()] }));
    await saveSnapshot({ consumer, epoch, position: held.position, version, state: bytes }, context());
    return { consumer, epoch: (await own(consumer)).epoch, alertId: told[0]?.alertId };
  }

  test('an older one: patients and what is open are kept, what its rules remembered is not', async () => {
    const { consumer, epoch, alertId } = await storedBy(1);
    const { take, told } = worker();
    await take(consumer, epoch, 1, 160, 80);
    expect(told.filter((event) => event.alertId === alertId)).toMatchObject([{ type: 'end' }]);
    const ended = new Set(told.filter(({ type }) => type === 'end').map((event) => event.alertId));
    expect(told.filter((event) => !ended.has(event.alertId))).toEqual([]);
    expect(await loadSnapshot(consumer, context())).toMatchObject({ version: SNAPSHOT_VERSION });
  });

  test('a newer one is left to a worker of that release', async () => {
    const { consumer, epoch } = await storedBy(SNAPSHOT_VERSION + 1);
    const { take, told } = worker();
    await expect(take(consumer, epoch, 1, 160)).rejects.toMatchObject({ code: 'snapshot_newer', retriable: true });
    expect(told).toEqual([]);
    expect(await loadSnapshot(consumer, context())).toMatchObject({ version: SNAPSHOT_VERSION + 1 });
  });

  test.each([
    ['no bytes of ours', async () => Buffer.from('broken')],
    ['no state', async () => await packSnapshot('{"patients":7}')],
    ['no thresholds', async () => await packSnapshot('{"thresholds":null,"clockMs":0,"patients":[]}')],
  ])('one that cannot be read (%s): judging goes on with all patients new, loudly', async (_name, change) => {
    const { consumer, epoch } = await storedBy(SNAPSHOT_VERSION, change);
    const { take, told, lines, failed } = worker();
    await take(consumer, epoch, 1, 160);
    expect(told).toMatchObject([{ type: 'start' }]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'ERROR', consumer }));
    expect(failed()).toBe(1);
    await take(consumer, epoch, 2, 160);
    expect([await positionOf(consumer), await newestIn(consumer)]).toEqual(['2', 1]);
  });

  test('whatever goes wrong when it is read, it is no fault of the records', async () => {
    const consumer = newConsumer();
    const { epoch } = await own(consumer);
    const bug = worker({ loadSnapshot: () => Promise.reject(new TypeError('a bug')) });
    await expect(bug.take(consumer, epoch, 0, 80)).rejects.toMatchObject({ code: 'snapshot_failed', retriable: true });
    const noStore = worker({ saveSnapshot: () => Promise.reject(new TypeError('a bug')) });
    await expect(noStore.take(consumer, epoch, 0, 80)).rejects.toBeInstanceOf(TransientError);
  });
});

describe('thresholds', () => {
  const high = (limit: number) => thresholdsSchema.parse({ limits: { [HEART_RATE]: [{ high: limit }] } });

  test('a change holds within a second', async () => {
    const consumer = newConsumer();
    const { epoch } = await own(consumer);
    const { log } = keptTelemetry();
    const book = await loadThresholdBook({ ...context(), url: db.url, log });
    const { take, told } = worker({ thresholds: book.view, snapshotEveryMs: 5_000 });
    let offset = 0;
    const next = async () => {
      await take(consumer, epoch, offset, 110);
      offset += 1;
    };
    try {
      await next();
      const expected = { mustExist: false, versions: null };
      await putThresholds(high(100), { scope: wardScope('icu-1'), changedBy: 'd', reason: 'r', expected }, context());
      const startedAt = performance.now();
      await eventually('an alert by the new limit', async () => {
        await next();
        return told.length > 0;
      });
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      expect(told).toMatchObject([{ type: 'start', condition: HIGH, detail: { limit: 100 } }]);
    } finally {
      await book.close();
    }
  });

  test('while they cannot be stored those before hold, which is told once; then the new ones do', async () => {
    const consumer = newConsumer();
    const { epoch } = await own(consumer);
    let [isAway, limit] = [false, 120];
    const { take, told, lines, failed } = worker({
      thresholds: () => viewOf({ default: high(limit) }),
      async saveSnapshot(snapshot) {
        if (isAway) throw new TransientError('database_unavailable', 'away');
        await saveSnapshot(snapshot, context());
      },
    });
    await take(consumer, epoch, 0, 110);
    [isAway, limit] = [true, 100];
    for (const first of [1, 2, 3, 4]) await take(consumer, epoch, first, 110);
    expect(told).toEqual([]);
    expect(failed()).toBe(4);
    expect(lines.filter(({ level }) => level === 'WARN')).toMatchObject([
      { consumer, message: 'state not stored: it is tried again' },
    ]);
    isAway = false;
    for (const first of [5, 6]) await take(consumer, epoch, first, 110);
    expect(told).toMatchObject([{ type: 'start', condition: HIGH }]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'INFO', message: 'state stored again' }));
  });
});
