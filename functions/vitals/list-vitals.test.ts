import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { createDatabase } from '../../shared/postgres/database.ts';
import { httpEvent, problemIn } from '../../shared/testing/http-event.ts';
import { HEART_RATE, type KindCode, RHYTHM, SPO2 } from '../../shared/vitals/kinds.ts';
import { storeReadings } from '../../shared/vitals/reading-store.ts';
import { questionOf } from '../../shared/vitals/vitals-query.ts';
import { readBuckets, readReadings } from '../../shared/vitals/vitals-read-store.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as listVitals } from './list-vitals.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await useDatabase(db.url);
});
afterAll(async () => {
  await releaseDatabase();
  await db.drop();
});

describe('list-vitals', () => {
  const patientId = 'p-7';
  const nowMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const iso = (ms: number) => new Date(ms).toISOString();
  const get = async (query: Record<string, string>, id = patientId) => {
    const body = JSON.parse((await listVitals(httpEvent({ params: { patientId: id }, query }))).body ?? '');
    // What is answered is what the route says.
    expect(listVitals.route.answers[200]?.parse(body)).toEqual(body);
    return body;
  };
  const refused = async (query: Record<string, string>) =>
    problemIn(await listVitals(httpEvent({ params: { patientId }, query })));

  /** HR every 10 s for three hours, of which each sixth is invalid and 0; a rhythm a minute. */
  beforeAll(async () => {
    const database = createDatabase({ url: db.url, poolSize: 2, timeoutMs: 20_000, applicationName: 'test' });
    const base = { patientId, simulated: false, ward: 'w', bed: 'b', deviceId: 'd' };
    const own = (code: KindCode, agoMs: number) => ({ ...base, code, atMs: nowMs - agoMs });
    const rates = Array.from({ length: 3 * 360 }, (_, index) => {
      const isBad = index % 6 === 0;
      const validity = isBad ? ('invalid' as const) : ('valid' as const);
      return { ...own(HEART_RATE, (index + 1) * 10_000), value: isBad ? 0 : 60 + (index % 6), text: null, validity };
    });
    const rhythms = Array.from({ length: 180 }, (_, index) => ({
      ...own(RHYTHM, (index + 1) * MINUTE_MS),
      value: null,
      text: index % 2 === 0 ? 'N' : 'VT',
      validity: 'valid' as const,
    }));
    await storeReadings([...rates, ...rhythms], { database, recordMetric: () => undefined });
    // Beside others enough that reading a whole partition would be dear.
    await db.pool.query(
      `INSERT INTO vitals.readings
       SELECT 'other-' || p, '${HEART_RATE}', now() - n * interval '10 s', 60, NULL, 'valid', false, 'w', 'b', 'd'
       FROM generate_series(1, 60) AS p, generate_series(1, 1080) AS n`,
    );
    await db.pool.query('ANALYZE vitals.readings');
    await database.close();
  });

  test('answers readings as they are, by kind; the last hour unless it is said otherwise', async () => {
    const { series, ...rest } = await get({ to: iso(nowMs) });
    expect(rest).toEqual({ patientId, from: iso(nowMs - HOUR_MS), to: iso(nowMs) });
    expect(series).toMatchObject([
      { code: HEART_RATE, name: 'Heart rate', unit: '/min' },
      { code: RHYTHM, name: 'Heart rhythm (ECG)' },
    ]);
    expect(series[0].points).toHaveLength(360);
    expect(series[0].points[0]).toEqual({ at: iso(nowMs - HOUR_MS), value: 65, validity: 'valid' });
    expect(series[1].points.at(-1)).toEqual({ at: iso(nowMs - MINUTE_MS), value: 'N', validity: 'valid' });
  });

  test('kinds by code, by short name, or several', async () => {
    const codes = async (kind: string) =>
      (await get({ kind, to: iso(nowMs) })).series.map(({ code }: { code: string }) => code);
    expect(await codes('HR')).toEqual([HEART_RATE]);
    expect(await codes(`ECG,${HEART_RATE},HR`)).toEqual([HEART_RATE, RHYTHM]);
    expect(await codes('Glucose')).toEqual([]);
  });

  test('buckets have figures of what is valid, count all, and say the worst validity', async () => {
    const { series, resolutionS } = await get({ from: iso(nowMs - 2 * MINUTE_MS), to: iso(nowMs), resolution: '60' });
    expect(resolutionS).toBe(60);
    const figures = { count: 6, min: 61, max: 65, mean: 63, validity: 'invalid' };
    expect(series).toMatchObject([
      { points: [2, 1].map((ago) => ({ at: iso(nowMs - ago * MINUTE_MS), ...figures, last: 0 })) },
      {
        points: [
          { count: 1, last: 'VT', validity: 'valid' },
          { count: 1, last: 'N', validity: 'valid' },
        ],
      },
    ]);
    expect(series[1].points[0]).not.toHaveProperty('min');
  });

  test.each<[Record<string, string>, string]>([
    [{ kind: 'pulse' }, 'query.kind'],
    [{ kind: 'HR,' }, 'query.kind'],
    [{ resolution: '0' }, 'query.resolution'],
    [{ resolution: '86401' }, 'query.resolution'],
    [{ from: '2026-01-01' }, 'query.from'],
    [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'query.from'],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:01Z' }, 'query.from'],
    [{ cursor: 'x' }, 'query.cursor'],
  ])('%j is refused', async (query, path) => {
    const { status, code, errors } = await refused(query);
    expect([status, code, errors[0]?.path]).toEqual([400, 'validation_failed', path]);
  });

  test('a page that is full names the next; together they are all, each once', async () => {
    await db.pool.query(
      `INSERT INTO vitals.readings SELECT 'p-8', code, now() - n * interval '200 ms', n, NULL, 'valid', false, 'w', 'b', 'd'
       FROM unnest(ARRAY['${HEART_RATE}', '${SPO2}']) AS code, generate_series(1, 12000) AS n`,
    );
    const span = { from: iso(Date.now() - HOUR_MS), to: iso(Date.now()) };
    for (const more of [{}, { resolution: '1' }] as Record<string, string>[]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await get({ ...span, ...more, ...(cursor === undefined ? {} : { cursor }) }, 'p-8');
        for (const { code, points } of page.series) for (const { at } of points) seen.push(`${code} ${at}`);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(new Set(seen).size).toBe(seen.length);
      if (more['resolution'] === undefined) expect(seen).toHaveLength(24_000);
      else expect(seen.length).toBeGreaterThanOrEqual(4_800);
    }
  });

  /** What is done by it, without what is never executed. */
  async function planOf(mode: string, text: string, values: unknown[]): Promise<string> {
    const client = await db.pool.connect();
    try {
      await client.query(`SET plan_cache_mode = ${mode}`);
      await client.query(`PREPARE asked AS ${text}`);
      const given = values.map((value) => (Array.isArray(value) ? `{${value.join(',')}}` : String(value)));
      const listed = given.map((value) => client.escapeLiteral(value)).join(', ');
      const { rows } = await client.query(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE asked(${listed})`);
      const lines = rows.map((row): string => row['QUERY PLAN']);
      return lines.filter((line) => !line.includes('never executed')).join('\n');
    } finally {
      client.release(true);
    }
  }

  test('reads the partitions of the span along the primary key, and no others', async () => {
    const question = questionOf(
      patientId,
      { kind: [HEART_RATE], from: iso(nowMs - 90 * MINUTE_MS), to: iso(nowMs - 60 * MINUTE_MS) },
      nowMs,
    );
    const { rows: needed } = await db.pool.query(
      `SELECT vitals.partition_of(hour) AS name FROM unnest($1::timestamptz[]) AS hour`,
      [[question.from, iso(Date.parse(question.to) - 1)]],
    );
    const names = [...new Set(needed.map(({ name }) => name))].sort();
    for (const read of [
      readReadings,
      (...[one, limit, context]: Parameters<typeof readReadings>) => readBuckets(one, 60, limit, context),
    ]) {
      const statements: { text: string; values: unknown[] }[] = [];
      const database = {
        deadline: () => 0,
        query: async (statement: (typeof statements)[number]) => {
          statements.push(statement);
          return [];
        },
        transaction: () => Promise.reject(new Error('a read needs no transaction')),
        close: async () => undefined,
      };
      await read(question, 100, { database, recordMetric: () => undefined });
      const [{ text, values } = { text: '', values: [] }] = statements;
      // As a prepared statement that is used over and over is planned, too.
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        const plan = await planOf(mode, text, values);
        expect([...new Set(plan.match(/readings_\d{10}(?=_| |$)/gm))].sort(), plan).toEqual(names);
        expect(plan).not.toContain('Seq Scan');
      }
    }
  });
});
