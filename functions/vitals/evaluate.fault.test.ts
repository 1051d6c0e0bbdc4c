import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { collectSuperStream, contentOf, type Tail } from '../../localstack/tail/tail-super-stream.ts';
import type { StreamEventRecord } from '../../localstack/triggers/stream/event.ts';
import { forgetConfig } from '../../shared/config.ts';
import { closePublishers, publishToStream } from '../../shared/stream/process-publisher.ts';
import { type AlertEvent, alertEventSchema } from '../../shared/vitals/alert-event.ts';
import { type Arrival, EMPTY_PARTITION, evaluate } from '../../shared/vitals/evaluate.ts';
import { isPulseRecord } from '../../shared/vitals/judged-pulse.ts';
import { HEART_RATE, KINDS, RESPIRATORY_RATE, RHYTHM, SPO2 } from '../../shared/vitals/kinds.ts';
import { readVitals } from '../../shared/vitals/read-vitals.ts';
import { DEFAULT_THRESHOLDS, effective } from '../../shared/vitals/thresholds.ts';
import type { VitalsMessage } from '../../shared/vitals/vitals-message.ts';
import { throughBroker } from '../testing/through-broker.ts';

const TEST_LIMIT_MS = 180_000;
const DEADLINE_MS = 60_000;
const PATIENTS = 24;
const SECONDS = 14;
const SECOND_MS = 1_000;
/** In seconds of the history: when a worker is killed. */
const KILLS = [5, 9];

const stage = throughBroker({ HEARTLINE_VITALS_SNAPSHOT_MS: '3000' });

/** Values that go in and out of the limits, each patient's in a rhythm of its own. */
function messageAt(patient: number, second: number, nowMs: number): VitalsMessage {
  const phase = second + patient * 7;
  const time = new Date(nowMs).toISOString();
  const numeric = (code: typeof HEART_RATE | typeof SPO2 | typeof RESPIRATORY_RATE, value: number) => ({
    code,
    value,
    unit: KINDS[code].unit,
    time,
  });
  return {
    patientId: `p-${patient}`,
    ward: `icu-${1 + (patient % 4)}`,
    bed: `bed-${patient}`,
    deviceId: `mon-${patient}`,
    readings: [
      numeric(HEART_RATE, phase % 9 < 3 ? 155 : phase % 9 < 8 ? 130 : 80),
      numeric(SPO2, 88),
      numeric(RESPIRATORY_RATE, phase % 7 === 0 ? 2 : 16),
      { code: RHYTHM, value: phase % 5 === 0 ? 'VT' : 'N', time, validity: phase % 2 === 0 ? 'valid' : 'invalid' },
    ],
  };
}

const send = (message: VitalsMessage) =>
  publishToStream('vitals', { partitionBy: message.ward, key: message.patientId, value: message, properties: {} });

/** What a single process that never ended would have told: each partition's records, judged in one go. */
function expected(records: readonly StreamEventRecord[]): Map<string, AlertEvent> {
  const thresholds = effective([DEFAULT_THRESHOLDS]);
  const context = { thresholdsOf: () => thresholds, sleepOf: () => undefined };
  const partitions = Map.groupBy(records, ({ eventSourceARN }) => eventSourceARN);
  const events = [...partitions.values()].flatMap((partition) => {
    const arrivals = partition.map(readVitals).filter((read): read is Arrival => !('refusal' in read));
    return evaluate(EMPTY_PARTITION, arrivals, context).events;
  });
  return new Map(events.map((event) => [event.eventId, event]));
}

const told = (alerts: Tail): AlertEvent[] =>
  alerts.records.filter((record) => !isPulseRecord(record)).map((record) => alertEventSchema.parse(contentOf(record)));

describe('evaluate-vitals, through the broker', { timeout: TEST_LIMIT_MS }, () => {
  test('killed twice in the middle: the alerts are those of a run without a crash, each byte of them', async () => {
    const url = stage.broker.endpoints.stream;
    vi.stubEnv('HEARTLINE_STREAM_URL', url);
    forgetConfig();
    const [vitals, alerts] = await Promise.all([collectSuperStream(url, 'vitals'), collectSuperStream(url, 'alerts')]);
    try {
      const worker = await stage.work({ function: 'evaluate-vitals', replicas: 2 });
      for (let second = 0; second < SECONDS; second += 1) {
        const beganAt = performance.now();
        const nowMs = Date.now();
        await Promise.all(Array.from({ length: PATIENTS }, (_, patient) => send(messageAt(patient, second, nowMs))));
        if (KILLS.includes(second)) {
          const victim = worker.replicas().find(({ state, pid }) => state === 'ready' && pid !== undefined);
          if (victim?.pid !== undefined) process.kill(victim.pid, 'SIGKILL');
        }
        await sleep(Math.max(0, SECOND_MS - (performance.now() - beganAt)));
      }
      // Pulses go on: what is told by then is what is compared.
      const wanted = expected(vitals.records);
      const isTold = () => {
        const ids = new Set(told(alerts).map(({ eventId }) => eventId));
        return [...wanted.keys()].every((id) => ids.has(id));
      };
      await alerts.until('every alert event', isTold, DEADLINE_MS);
      const all = told(alerts);
      const later = expected(vitals.records);
      expect(all.filter(({ eventId }) => !later.has(eventId))).toEqual([]);
      for (const event of all) expect(event).toEqual(later.get(event.eventId));
      // The kills were felt: something was told again.
      expect(all.length).toBeGreaterThan(new Set(all.map(({ eventId }) => eventId)).size);
      expect(new Set(all.map(({ rule }) => rule))).toContain('arrhythmia');
    } finally {
      await Promise.all([vitals.stop(), alerts.stop(), closePublishers()]);
      vi.unstubAllEnvs();
      forgetConfig();
    }
  });
});
