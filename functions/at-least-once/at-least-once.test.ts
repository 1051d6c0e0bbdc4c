import { readFileSync } from 'node:fs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../localstack/services/ports.ts';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import { takeOver } from '../../shared/idempotency/index.ts';
import { closePublishers } from '../../shared/stream/process-publisher.ts';
import { anAlert } from '../../shared/testing/alerts.ts';
import { jsonPost, problemIn } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as listToldOnce } from './list-told-once.ts';
import { handler as notifyStaff } from './notify-staff-once.ts';
import { handler as storeAlerts } from './store-alerts.ts';
import { handler as streamAlert } from './stream-alert.ts';

const NOBODY = 'postgres://postgres@127.0.0.1:1/none';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await useDatabase(db.url);
});
afterAll(async () => {
  await closePublishers();
  await releaseDatabase();
  await db.drop();
});

const sample = (name: string) => JSON.parse(readFileSync(new URL(`./events/${name}.json`, import.meta.url), 'utf8'));
let lastOffset = 0;

/** A record as the event source hands it over, of an alert or of any text. */
function recordOf(value: object | string, partitionKey = 'patient-1') {
  lastOffset += 1;
  const data = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
  return { kinesis: { data, partitionKey, sequenceNumber: String(lastOffset) }, messageAttributes: {} };
}
type TestRecord = ReturnType<typeof recordOf>;
const storedOf = async (...ids: readonly string[]) =>
  (await db.pool.query('SELECT event_id FROM at_least_once.alerts WHERE event_id = ANY($1)', [ids])).rowCount;
const positionOf = async (consumer: string) =>
  (await db.pool.query('SELECT position FROM idempotency.consumers WHERE consumer = $1', [consumer])).rows[0]?.position;
/** An event of a partition that this test owns, whose checkpoint is behind the last record. */
async function owned(consumer: string, records: readonly TestRecord[]) {
  const { epoch } = await takeOver({ pool: db.pool, consumer, lockTimeoutMs: 5_000 });
  const position = String(Number(records.at(-1)?.kinesis.sequenceNumber) + 1);
  return { Records: records, checkpoint: { consumer, epoch: String(epoch), position } };
}

describe('store-alerts', () => {
  test('stores a batch once, however often it comes, and moves the checkpoint with it', async () => {
    const alerts = [anAlert(), anAlert()];
    const records = alerts.map((alert) => recordOf(alert));
    const event = await owned('once', records);
    expect(await storeAlerts(event)).toEqual({ batchItemFailures: [] });
    expect(await positionOf('once')).toBe(event.checkpoint.position);
    expect(await storeAlerts(event)).toEqual({ batchItemFailures: [] });
    expect(await storedOf(...alerts.map(({ eventId }) => eventId))).toBe(2);
    const { rows } = await db.pool.query(
      `SELECT FROM pgmq.q_at_least_once_alerts WHERE message->>'eventId' = ANY($1)`,
      [alerts.map(({ eventId }) => eventId)],
    );
    expect(rows).toHaveLength(2);
  });

  test.each<[string, (alert: ReturnType<typeof anAlert>) => TestRecord]>([
    ['poison_record', () => recordOf('no JSON')],
    ['poison_record', (alert) => recordOf({ ...alert, kind: 'unheard of' })],
    ['poison_record', (alert) => recordOf({ ...alert, schemaVersion: 2 })],
    ['topic_mismatch', (alert) => recordOf(alert, 'patient-2')],
    ['topic_mismatch', (alert) => ({ ...recordOf(alert), routingKey: `hl.icu-9.b1.${alert.patientId}.alert` })],
  ])(
    'what is no alert is given up on alone, for %s, and the checkpoint is left to the event source: %#',
    async (code, bad) => {
      const good = anAlert();
      const consumer = `bad ${lastOffset}`;
      const records = [recordOf(good), bad(anAlert()), recordOf(anAlert())];
      const answer = await storeAlerts(await owned(consumer, records));
      const itemIdentifier = records[1]?.kinesis.sequenceNumber;
      expect(answer.batchItemFailures).toEqual([
        { itemIdentifier, error: expect.objectContaining({ code, retriable: false }) },
      ]);
      expect(await storedOf(good.eventId)).toBe(1);
      expect(await positionOf(consumer)).toBe(null);
    },
  );

  test('an eventId that belongs to another alert is given up on, and the first one stays', async () => {
    const alert = anAlert();
    await storeAlerts({ Records: [recordOf(alert)] });
    const other = recordOf({ ...alert, severity: 'low' });
    const answer = await storeAlerts(await owned('conflict', [other]));
    expect(answer.batchItemFailures).toEqual([
      { itemIdentifier: other.kinesis.sequenceNumber, error: expect.objectContaining({ code: 'event_conflict' }) },
    ]);
    expect(await positionOf('conflict')).toBe(null);
  });

  test('a former owner stores nothing, and asks for the batch again', async () => {
    const alert = anAlert();
    const event = await owned('moved', [recordOf(alert)]);
    await takeOver({ pool: db.pool, consumer: 'moved', lockTimeoutMs: 5_000 });
    await expect(storeAlerts(event)).rejects.toMatchObject({ code: 'fenced_out', retriable: true });
    expect(await storedOf(alert.eventId)).toBe(0);
  });

  test('with the database away the batch is asked for again, without an attempt being used up', async () => {
    await useDatabase(NOBODY);
    await expect(storeAlerts({ Records: [recordOf(anAlert())] })).rejects.toMatchObject({ retriable: true });
    await useDatabase(db.url);
  });

  test('an event that is no batch', async () => {
    await expect(storeAlerts({ Messages: [] })).rejects.toMatchObject({ code: 'not_a_batch' });
    expect(await storeAlerts({ Records: [] })).toEqual({ batchItemFailures: [] });
  });
});

describe('the sample events', () => {
  test('stored, told once, listed', async () => {
    expect(await storeAlerts(sample('store-alerts'))).toEqual({ batchItemFailures: [] });
    for (let times = 0; times < 2; times += 1) {
      expect(await notifyStaff(sample('notify-staff-once'))).toEqual({ batchItemFailures: [] });
    }
    const { body } = await listToldOnce(sample('list-told-once') as APIGatewayProxyEventV2);
    const { notifications } = JSON.parse(body ?? '');
    expect(notifications).toEqual([expect.objectContaining({ eventId: '0d9f1b1e-6c1e-4d7a-9b55-000020261121' })]);
  });
});

describe('POST /at-least-once/alerts', () => {
  test('without a broker: 503 with Retry-After, in bounded time', async () => {
    await useDatabase(db.url, { HEARTLINE_STREAM_URL: `rabbitmq-stream://127.0.0.1:${await freePort()}` });
    const answer = await streamAlert(jsonPost(anAlert()));
    expect(problemIn(answer)).toMatchObject({ status: 503 });
    expect(answer.headers?.['retry-after']).toBe('1');
  });

  test.each<[string, object]>([
    ['ward', { ward: 'icu.1' }],
    ['patientId', { patientId: 'a/b' }],
    ['kind', { kind: 'vt' }],
  ])('400 that names %s', async (path, change) => {
    const answer = await streamAlert(jsonPost({ ...anAlert(), ...change }));
    expect(problemIn(answer)).toMatchObject({ status: 400, errors: [{ path }] });
  });
});
