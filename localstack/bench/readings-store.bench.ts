import pg from 'pg';
import { createDatabase, type Database } from '../../shared/postgres/database.ts';
import { HEART_RATE, RESPIRATORY_RATE, RHYTHM, SPO2 } from '../../shared/vitals/kinds.ts';
import { keepPartitions } from '../../shared/vitals/partition-store.ts';
import { storeReadings } from '../../shared/vitals/reading-store.ts';
import type { StorableReading } from '../../shared/vitals/storable-reading.ts';
import { type BenchContext, type BenchResult, measureRatio } from './bench-result.ts';
import { rateOf } from './stream-backlog.ts';

/** A hospital's: half a second's readings of 1,500 patients, in the trigger's batches of 500 messages. */
const PATIENTS = 1_500;
const CODES = [HEART_RATE, SPO2, RESPIRATORY_RATE, RHYTHM] as const;
const READINGS_A_BATCH = 1_000;
const BATCHES = 40;
const ROUNDS = 7;
/** What a whole hospital's monitors send, twice over. */
const RATE_TARGET = 8_800;
const RATIO_TARGET = 0.5;
const TIMEOUT_MS = 60_000;
const recordMetric = () => undefined;
const CHECKPOINT = { consumer: 'bench', epoch: 1n, position: 1n };
const COLUMNS = [
  'patientId',
  'code',
  'atMs',
  'value',
  'text',
  'validity',
  'simulated',
  'ward',
  'bed',
  'deviceId',
] as const satisfies (keyof StorableReading)[];

let made = 0;
const startMs = Date.now() - 3_600_000;

/** Readings as they come: the patients by turns, time going on; none twice. */
function batch(): StorableReading[] {
  return Array.from({ length: READINGS_A_BATCH }, () => {
    const number = made;
    made += 1;
    const code = CODES[number % CODES.length] ?? HEART_RATE;
    const patient = Math.floor(number / CODES.length) % PATIENTS;
    const isText = code === RHYTHM;
    return {
      patientId: `patient-${patient}`,
      code,
      atMs: startMs + Math.floor(number / CODES.length / PATIENTS) * 500 + patient,
      value: isText ? null : 60 + (number % 40),
      text: isText ? 'N' : null,
      validity: 'valid',
      simulated: false,
      ward: `ward-${patient % 50}`,
      bed: `bed-${patient}`,
      deviceId: `monitor-${patient}`,
    };
  });
}

const batches = () => Array.from({ length: BATCHES }, batch);
const count = BATCHES * READINGS_A_BATCH;

async function stored(database: Database): Promise<number> {
  const all = batches();
  return await rateOf(count, async () => {
    for (const one of all) await storeReadings(one, { database, recordMetric, checkpoint: CHECKPOINT });
  });
}

const BARE = `INSERT INTO bare_readings
  SELECT patient_id, code, to_timestamp(at_ms / 1000), value, value_text, validity, simulated, ward, bed, device_id
  FROM unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::text[], $6::text[], $7::boolean[], $8::text[], $9::text[], $10::text[])
    AS i (patient_id, code, at_ms, value, value_text, validity, simulated, ward, bed, device_id)`;

async function bare(pool: pg.Pool): Promise<number> {
  const all = batches();
  return await rateOf(count, async () => {
    for (const one of all) {
      const values = COLUMNS.map((name) => one.map((reading) => reading[name]));
      await pool.query({ name: 'bare', text: BARE, values });
    }
  });
}

/** Readings through the store (partitions, fence, checkpoint, dedupe) against an UNNEST insert into a plain table with the same key. */
export async function run({ databaseUrl }: BenchContext): Promise<BenchResult[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const database = createDatabase({ url: databaseUrl, poolSize: 1, timeoutMs: TIMEOUT_MS, applicationName: 'bench' });
  try {
    await keepPartitions(database);
    await pool.query(`CREATE TABLE bare_readings (LIKE vitals.readings INCLUDING ALL)`);
    await pool.query(`INSERT INTO idempotency.consumers (consumer, epoch) VALUES ('bench', 1)`);
    const ours = () => stored(database);
    await measureRatio(1, ours, () => bare(pool));
    const result = await measureRatio(ROUNDS, ours, () => bare(pool));
    const detail = `${result.ours.toFixed(0)} readings/s through the store, ${result.bare.toFixed(0)}/s by a bare UNNEST insert; ${READINGS_A_BATCH} a batch, one connection`;
    return [
      {
        name: 'readings: stored once in partitions, with fence and checkpoint',
        target: `≥ ${RATIO_TARGET} ×`,
        measured: `${result.ratio.toFixed(2)} ×`,
        holds: result.ratio >= RATIO_TARGET,
        detail,
      },
      {
        name: 'readings: what one connection stores',
        target: `≥ ${RATE_TARGET}/s`,
        measured: `${result.ours.toFixed(0)}/s`,
        holds: result.ours >= RATE_TARGET,
        detail: 'a hospital of 1,500 beds sends 4,400 a second',
      },
    ];
  } finally {
    await Promise.all([pool.end(), database.close()]);
  }
}
