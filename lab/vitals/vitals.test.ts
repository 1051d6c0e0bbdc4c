import { describe, expect, test } from 'vitest';
import type { StreamEventRecord } from '../../localstack/triggers/stream/event.ts';
import type { AlertEvent } from '../../shared/vitals/alert-event.ts';
import { HEART_RATE } from '../../shared/vitals/kinds.ts';
import { expectationsOf } from './expectations.ts';
import { fidelityOf, phaseFigures, spanOf } from './figures.ts';
import { createOracle } from './oracle.ts';
import { timelineOf } from './timeline.ts';
import { type AlertLog, createAlertLog } from './told.ts';
import { vitalsTable } from './vitals-table.ts';

const MS_PER_S = 1_000;
const ZERO_MS = Date.UTC(2026, 0, 1);
const COLUMNS = 80;
const timeline = timelineOf(10);

function recordOf(content: object, key: string, arrivedMs: number, stream: string): StreamEventRecord {
  const data = Buffer.from(JSON.stringify(content)).toString('base64');
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: key,
      sequenceNumber: String(arrivedMs),
      data,
      approximateArrivalTimestamp: arrivedMs / MS_PER_S,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${stream}:${arrivedMs}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: '',
    awsRegion: 'local',
    eventSourceARN: stream,
    messageAttributes: {},
    routingKey: undefined,
  };
}

/** A heart that is too fast, at each of these seconds, between seconds in which it is not. */
function streamOf(seconds: readonly number[]): StreamEventRecord[] {
  return Array.from({ length: timeline.durationS }, (_, second) => {
    const atMs = ZERO_MS + second * MS_PER_S;
    const value = seconds.includes(second) ? 160 : 80;
    const reading = { code: HEART_RATE, value, unit: '/min', time: new Date(atMs).toISOString() };
    const message = { patientId: 'p-1', ward: 'icu-1', bed: 'bed-01', deviceId: 'mon-1', readings: [reading] };
    return recordOf(message, 'p-1', atMs, 'vitals-w0');
  });
}

const wantedOf = (seconds: readonly number[]) => {
  const oracle = createOracle();
  oracle.take(streamOf(seconds));
  return oracle;
};
const logOf = (events: readonly (readonly [AlertEvent, number])[]): AlertLog => {
  const log = createAlertLog();
  for (const [event, afterMs] of events) {
    log.take([recordOf(event, event.patientId, Date.parse(event.at) + afterMs, 'alerts-w0')]);
  }
  return log;
};

const oracle = wantedOf([20, 40, 50]);
const wanted = [...oracle.wanted.values()].map(({ event }) => event);
const rightly = wanted.map((event) => [event, 40] as const);
const untilMs = ZERO_MS + timeline.durationS * MS_PER_S;
const outcomeOf = (log: AlertLog, afterS?: number) => ({
  phases: timeline.phases.map((phase) => ({
    ...phaseFigures(phase, ZERO_MS, oracle, log),
    storedPerS: afterS ?? 1,
    storingBehind: 0,
  })),
  fidelity: fidelityOf(oracle, log, untilMs),
  judgingP99Ms: 0.01,
  load: { applied: true, summary: 'beds  1' },
});
const failing = (log: AlertLog) => expectationsOf(outcomeOf(log)).flatMap(({ says, holds }) => (holds ? [] : [says]));

describe('the verdict', () => {
  test('holds for a run in which all was told, once and in time', () => {
    expect(wanted.map(({ type }) => type)).toEqual(['start', 'end', 'start', 'end', 'start', 'end']);
    expect(failing(logOf(rightly))).toEqual([]);
  });

  test('holds where something was told again with the same bytes, which is counted', () => {
    const log = logOf([...rightly, ...rightly.slice(2, 4)]);
    expect(failing(log)).toEqual([]);
    expect(fidelityOf(oracle, log, untilMs).again).toBe(2);
  });

  test.each<[string, () => AlertLog]>([
    ['alert events missed', () => logOf(rightly.toSpliced(2, 1))],
    [
      'alert events that nothing called for',
      () => logOf([...rightly, ...rightly.slice(0, 1).map(([event]) => [{ ...event, eventId: 'other' }, 40] as const)]),
    ],
    [
      'alert events told otherwise than without a crash',
      () =>
        logOf(rightly.map(([event, ms], index) => [index === 1 ? { ...event, priority: 'low' } : event, ms] as const)),
    ],
    [
      'alert events told otherwise than without a crash',
      () => logOf([...rightly, ...rightly.slice(0, 1).map(([event, ms]) => [{ ...event, sequence: 9 }, ms] as const)]),
    ],
    [
      'reading to alert, p99, in each part but the kill',
      () => logOf(rightly.map(([event], index) => [event, index === 0 ? 1_500 : 40] as const)),
    ],
    [
      'reading to alert, longest as a worker is killed',
      () => logOf(rightly.map(([event], index) => [event, index === 2 ? 6_000 : 40] as const)),
    ],
  ])('finds %s', (says, log) => {
    expect(failing(log())).toEqual([says]);
  });

  test('finds a load that was not applied, slow judging, and storing that falls behind', () => {
    const right = outcomeOf(logOf(rightly));
    const wrong = { ...outcomeOf(logOf(rightly), 0.9), judgingP99Ms: 11, load: { applied: false, summary: '' } };
    expect(expectationsOf(right).every(({ holds }) => holds)).toBe(true);
    expect(expectationsOf(wrong).filter(({ holds }) => !holds)).toHaveLength(3);
  });
});

test('the parts follow each other, and the kill and the storm are in theirs', () => {
  const spans = timeline.phases.map((phase) => spanOf(phase, 0));
  expect(spans.slice(1).map(({ fromMs }) => fromMs)).toEqual(spans.slice(0, -1).map(({ toMs }) => toMs));
  const part = (name: string) => timeline.phases.find((phase) => phase.name === name);
  expect(timeline.killAtS).toBeGreaterThan(part('kill')?.fromS ?? 0);
  expect(timeline.killAtS).toBeLessThan(part('kill')?.toS ?? 0);
  expect([timeline.storm.fromS, timeline.burstAtS]).toEqual([part('storm')?.fromS, part('hour')?.fromS]);
});

test('the table fits a terminal', () => {
  const outcome = outcomeOf(logOf(rightly));
  const lines = vitalsTable(outcome, expectationsOf(outcome), false).split('\n');
  expect(lines.filter((line) => line.length > COLUMNS)).toEqual([]);
});
