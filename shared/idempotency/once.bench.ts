import pg from 'pg';
import { type BenchContext, type BenchResult, percentile } from '../../localstack/bench/bench-result.ts';
import { type Fence, type OnceBatchOptions, onceBatch, takeOver } from './index.ts';
import type { Queryable } from './record-store.ts';

const BATCH_SIZES = [100, 1_000];
/** Short turns, many of them: what else the machine does then meets both sides of a ratio alike. */
const ROWS_A_TURN = 1_000;
const ROUNDS = 41;
const WARM_UP_ROUNDS = 3;
const TARGET = 0.8;
const MEDIAN = 0.5;
const LOCK_TIMEOUT_MS = 10_000;
const MS_PER_SECOND = 1_000;
const CONSUMER = 'bench/alerts-w0';

interface Row {
  eventId: string;
  patientId: string;
  detectedAt: string;
  evidence: string;
}

const INSERT = `INSERT INTO at_least_once.alerts
    (event_id, patient_id, device_id, ward, kind, severity, detected_at, evidence, fingerprint)
  SELECT event_id, patient_id, 'monitor-1', 'w0', 'VT', 'high', detected_at, evidence, sha256('x')
  FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::jsonb[]) AS i (event_id, patient_id, detected_at, evidence)`;
const INSERT_AND_SEND = `WITH stored AS (${INSERT} RETURNING event_id, patient_id, detected_at)
  SELECT pgmq.send_batch('at_least_once_alerts', (SELECT array_agg(to_jsonb(stored)) FROM stored))`;

type Effect = (sender: Queryable, rows: readonly Row[]) => Promise<unknown>;

/** What both sides do: one statement for the whole batch. */
function effectOf(text: string): Effect {
  return (sender, rows) =>
    sender.query(text, [
      rows.map(({ eventId }) => eventId),
      rows.map(({ patientId }) => patientId),
      rows.map(({ detectedAt }) => detectedAt),
      rows.map(({ evidence }) => evidence),
    ]);
}

function turnOf(size: number): Row[][] {
  return Array.from({ length: ROWS_A_TURN / size }, () =>
    Array.from({ length: size }, (_, index) => ({
      eventId: crypto.randomUUID(),
      patientId: `patient-${index % BATCH_SIZES.length}`,
      detectedAt: new Date().toISOString(),
      evidence: '{"beats": 5, "rrMs": [412, 398, 405]}',
    })),
  );
}

type Way = (rows: readonly Row[]) => Promise<unknown>;

/** Rows a second, one batch after another, as a partition's consumer works. */
async function rateOf(size: number, way: Way): Promise<number> {
  const batches = turnOf(size);
  const startedAt = performance.now();
  for (const rows of batches) await way(rows);
  return (ROWS_A_TURN * MS_PER_SECOND) / (performance.now() - startedAt);
}

/** All ways by turns in each round; the ratios are to the first way's turn of the same round. */
async function measure(size: number, ways: readonly Way[]): Promise<{ rates: number[]; ratios: number[] }[]> {
  const seen = ways.map(() => ({ rates: [] as number[], ratios: [] as number[] }));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const rates: number[] = [];
    for (const way of ways) rates.push(await rateOf(size, way));
    if (round < 0) continue;
    for (const [index, rate] of rates.entries()) {
      seen[index]?.rates.push(rate);
      seen[index]?.ratios.push(rate / (rates[0] ?? Number.NaN));
    }
  }
  return seen;
}

type Extras = Partial<Pick<OnceBatchOptions<Row, unknown>, 'payload' | 'fence' | 'checkpoint'>> & {
  responds?: boolean;
};

/** `onceBatch` around the effect, with what it stores besides the keys. */
function onceWay(pool: pg.Pool, effect: Effect, extras: () => Extras = () => ({})): Way {
  return (items) => {
    const { responds, ...options } = extras();
    return onceBatch<Row, unknown>({
      pool,
      items,
      key: ({ eventId }) => eventId,
      lockTimeoutMs: LOCK_TIMEOUT_MS,
      async effect(tx, fresh) {
        await effect(tx, fresh);
        return responds ? fresh.map(({ patientId }) => ({ stored: patientId })) : undefined;
      },
      ...options,
    });
  };
}

function waysOf(pool: pg.Pool, fence: Fence): { name: string; bare: Effect; way: Way }[] {
  const one = effectOf(INSERT);
  const two = effectOf(INSERT_AND_SEND);
  let position = 0n;
  const checkpoint = () => {
    position += 1n;
    return { consumer: CONSUMER, position };
  };
  return [
    { name: 'one insert', bare: one, way: onceWay(pool, one) },
    { name: 'one insert, payloads compared', bare: one, way: onceWay(pool, one, () => ({ payload: (row) => row })) },
    { name: 'one insert, responses stored', bare: one, way: onceWay(pool, one, () => ({ responds: true })) },
    {
      name: 'one insert, fence and checkpoint',
      bare: one,
      way: onceWay(pool, one, () => ({ fence, checkpoint: checkpoint() })),
    },
    {
      name: 'one insert and its outbox messages, fence and checkpoint',
      bare: two,
      way: onceWay(pool, two, () => ({ fence, checkpoint: checkpoint() })),
    },
  ];
}

/** `onceBatch` around a batch's effect, against the same statement alone. */
export async function run({ databaseUrl }: Pick<BenchContext, 'databaseUrl'>): Promise<BenchResult[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl });
  try {
    const { epoch } = await takeOver({ pool, consumer: CONSUMER, lockTimeoutMs: LOCK_TIMEOUT_MS });
    const ways = waysOf(pool, { consumer: CONSUMER, epoch });
    const results: BenchResult[] = [];
    for (const size of BATCH_SIZES) {
      for (const { name, bare, way } of ways) {
        const [alone, once] = await measure(size, [(rows) => bare(pool, rows), way]);
        if (!alone || !once) throw new RangeError('two ways have two results');
        const ratio = percentile(once.ratios, MEDIAN);
        const [low, high] = [percentile(once.ratios, 0.1), percentile(once.ratios, 0.9)];
        results.push({
          name: `once in batches of ${size}: ${name}`,
          target: `≥ ${TARGET} ×`,
          measured: `${ratio.toFixed(2)} ×`,
          holds: ratio >= TARGET,
          detail: `${percentile(once.rates, MEDIAN).toFixed(0)} rows/s, the same statement without keys ${percentile(alone.rates, MEDIAN).toFixed(0)}/s; eight of ten rounds ${low.toFixed(2)} to ${high.toFixed(2)} ×`,
        });
      }
    }
    return results;
  } finally {
    await pool.end();
  }
}
