import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { takeOver } from '../../shared/idempotency/index.ts';
import { DIASTOLIC, HEART_RATE, RHYTHM, SPO2, SYSTOLIC } from '../../shared/vitals/kinds.ts';
import type { RawReading, VitalsMessage } from '../../shared/vitals/vitals-message.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as storeReadings } from './store-readings.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await useDatabase(db.url);
});
afterAll(async () => {
  await releaseDatabase();
  await db.drop();
});

let lastOffset = 0;
interface Where {
  partitionKey?: string;
  routingKey?: string | undefined;
}
const P1: Where = { partitionKey: 'p-1', routingKey: 'hl.icu-1.b1.p-1.vitals' };
/** A record as the event source hands it over; `where` may leave the routing key out. */
function recordOf(value: object | string, where: Where = {}) {
  lastOffset += 1;
  const { partitionKey, routingKey } = { ...P1, ...where };
  const data = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
  return { kinesis: { data, partitionKey, sequenceNumber: String(lastOffset) }, routingKey };
}
const message = (readings: Partial<RawReading>[], more: Partial<VitalsMessage> = {}) => ({
  patientId: 'p-1',
  ward: 'icu-1',
  bed: 'b1',
  deviceId: 'monitor-1',
  readings: readings.map((one) => ({
    code: HEART_RATE,
    value: 72,
    unit: '/min',
    time: new Date().toISOString(),
    ...one,
  })),
  ...more,
});
const pulse = { pulse: new Date().toISOString() };
const asPulse = { partitionKey: 'pulse', routingKey: undefined };
async function owned(consumer: string, Records: readonly ReturnType<typeof recordOf>[]) {
  const { epoch } = await takeOver({ pool: db.pool, consumer, lockTimeoutMs: 5_000 });
  return { Records, checkpoint: { consumer, epoch: String(epoch), position: String(lastOffset + 1) } };
}
const positionOf = async (consumer: string) =>
  (await db.pool.query('SELECT position FROM idempotency.consumers WHERE consumer = $1', [consumer])).rows[0]?.position;
const storedOf = async (patientId: string) =>
  (await db.pool.query('SELECT * FROM vitals.readings WHERE patient_id = $1 ORDER BY code, at', [patientId])).rows;

describe('store-readings', () => {
  test('stores what can be made sense of, skips the rest, refuses nothing of it, and moves the checkpoint', async () => {
    const at = new Date(Date.now() - 1_000).toISOString();
    const patientId = 'p-2';
    const record = recordOf(
      message(
        [
          { time: at, simulated: true },
          { code: RHYTHM, value: 'VT', time: at },
          { code: SPO2, value: null, time: at },
          { code: DIASTOLIC, value: 80, unit: 'mm[Hg]', time: at, validity: 'questionable' },
          // No living patient's: stored as the device said it, and as invalid.
          { code: SYSTOLIC, value: 900, unit: 'mm[Hg]', time: at },
          { code: 'sleep-status', value: 'asleep', time: at },
          { code: '0000-0' },
          { code: 'toString' },
          { value: '72' },
          { code: RHYTHM, value: 5 },
          { code: RHYTHM, value: 'a\u0000b' },
          { code: 'sleep-status', value: 'dozing' },
          { unit: 'Cel' },
          { time: '1' },
          { time: '2026-13-41T00:00:00Z' },
          { time: '2000-01-01T00:00:00Z' },
          { time: '0000-01-01T00:00:00Z' },
          { time: '9999-01-01T00:00:00Z' },
        ],
        { patientId },
      ),
      { partitionKey: patientId, routingKey: 'hl.icu-1.b1.p-2.vitals' },
    );
    const event = await owned('senseless', [record, recordOf(pulse, asPulse)]);
    expect(await storeReadings(event)).toEqual({ batchItemFailures: [] });
    expect(await storeReadings(event)).toEqual({ batchItemFailures: [] });
    expect(await positionOf('senseless')).toBe(event.checkpoint.position);
    const place = { patient_id: patientId, at: new Date(at), ward: 'icu-1', bed: 'b1', device_id: 'monitor-1' };
    const plain = { ...place, simulated: false, validity: 'valid', value: null, value_text: null };
    expect(await storedOf(patientId)).toEqual([
      { ...plain, code: SPO2, validity: 'none' },
      { ...plain, code: DIASTOLIC, value: 80, validity: 'questionable' },
      { ...plain, code: SYSTOLIC, value: 900, validity: 'invalid' },
      { ...plain, code: HEART_RATE, value: 72, simulated: true },
      { ...plain, code: RHYTHM, value_text: 'VT' },
      { ...plain, code: 'sleep-status', value_text: 'asleep' },
    ]);
  });

  test('a batch of nothing but the clock moves the checkpoint', async () => {
    const event = await owned('clock', [recordOf(pulse, asPulse)]);
    expect(await storeReadings(event)).toEqual({ batchItemFailures: [] });
    expect(await positionOf('clock')).toBe(event.checkpoint.position);
  });

  test.each<[string, () => ReturnType<typeof recordOf>]>([
    ['poison_record', () => recordOf('no JSON')],
    ['poison_record', () => recordOf(message([]))],
    ['poison_record', () => recordOf({ ...message([{}]), more: 1 })],
    ['poison_record', () => recordOf({ pulse: 1 }, asPulse)],
    ['poison_record', () => recordOf('null')],
    ['topic_mismatch', () => recordOf(message([{}]), { routingKey: 'hl.icu-1.b1.p-9.vitals' })],
    ['topic_mismatch', () => recordOf(message([{}]), { routingKey: 'hl.icu-2.b1.p-1.vitals' })],
    ['topic_mismatch', () => recordOf(message([{}]), { routingKey: 'hl.icu-1.b2.p-1.vitals' })],
    ['topic_mismatch', () => recordOf(message([{}]), { partitionKey: 'p-9', routingKey: undefined })],
    // A pulse is nobody's, and comes by no topic: these are forged.
    ['poison_record', () => recordOf(pulse, { partitionKey: 'pulse', routingKey: 'hl.icu-1.b1.pulse.vitals' })],
    ['poison_record', () => recordOf(pulse, { routingKey: undefined })],
  ])('what is no message, or of another, is refused alone, for %s: %#', async (code, bad) => {
    const consumer = `bad ${lastOffset}`;
    const ahead = message([{ time: new Date(Date.now() - lastOffset).toISOString() }]);
    const before = (await storedOf('p-1')).length;
    const records = [recordOf(ahead), bad()];
    const { batchItemFailures } = await storeReadings(await owned(consumer, records));
    expect(batchItemFailures).toMatchObject([{ itemIdentifier: String(lastOffset), error: { code } }]);
    expect(await positionOf(consumer)).toBe(null);
    expect(await storedOf('p-1')).toHaveLength(before + 1);
  });
});

test('the sample is what the function takes', async () => {
  const sample = JSON.parse(readFileSync(new URL('./events/store-readings.json', import.meta.url), 'utf8'));
  expect(await storeReadings(sample)).toEqual({ batchItemFailures: [] });
});
