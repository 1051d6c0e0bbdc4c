import { expect, test } from 'vitest';
import { TransientError } from '../errors.ts';
import { keptTelemetry } from '../testing/telemetry.ts';
import { type AlerterParts, createAlerter } from './alerter.ts';
import { viewOf } from './threshold-view.ts';
import { vitalsHandler } from './vitals-handler.ts';

/** What a partition begins from is stored before anything is judged. */
const FIRST = 7n;
const MESSAGE = { patientId: 'p-1', ward: 'icu-1', bed: 'b1', deviceId: 'monitor-1' };

/** A message, and a next one; the metrics that are written until the state between them is stored or is not. */
async function metricsOf(saveNext: AlerterParts['saveSnapshot']): Promise<string[]> {
  let nowMs = 0;
  const alerter = createAlerter({
    publish: async () => undefined,
    loadSnapshot: async () => undefined,
    saveSnapshot: (snapshot) => (snapshot.position === FIRST ? Promise.resolve() : saveNext(snapshot)),
    thresholds: () => viewOf({}),
    lastSleep: async () => new Map(),
    snapshotEveryMs: 1,
    nowMs: () => (nowMs += 1),
    wallMs: () => Date.now(),
  });
  const telemetry = keptTelemetry();
  const handler = vitalsHandler(
    'evaluate-vitals',
    async () => alerter,
    () => telemetry,
  );
  const reading = { code: '8867-4', value: 72, unit: '/min', time: new Date().toISOString() };
  const data = Buffer.from(JSON.stringify({ ...MESSAGE, readings: [reading] })).toString('base64');
  const take = async (sequenceNumber: bigint) => {
    const approximateArrivalTimestamp = Date.now() / 1_000;
    const kinesis = { data, sequenceNumber: String(sequenceNumber), partitionKey: 'p-1', approximateArrivalTimestamp };
    const checkpoint = { consumer: 'c/vitals-w0', epoch: '1', position: String(sequenceNumber + 1n) };
    expect(await handler({ Records: [{ kinesis }], checkpoint })).toEqual({ batchItemFailures: [] });
  };
  await take(FIRST);
  await alerter.idle();
  const before = telemetry.lines.length;
  await take(FIRST + 1n);
  await alerter.idle();
  return telemetry.lines.slice(before).flatMap((line) => Object.keys(line));
}

test('a state that is stored beside a batch, and one that is not, are measured all the same', async () => {
  const stored = await metricsOf(async () => undefined);
  expect(stored).toContain('readings_evaluated_total');
  expect(stored).toContain('snapshot_latency_ms');
  expect(stored).not.toContain('snapshots_failed_total');
  const failed = await metricsOf(async () => {
    throw new TransientError('database_unavailable', 'away');
  });
  expect(failed).toContain('snapshots_failed_total');
  expect(failed).not.toContain('snapshot_latency_ms');
});
