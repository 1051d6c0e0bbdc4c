// The whole on the recordings that come with the project, and alerters that are wrong on purpose: each has to be found.
import { beforeAll, describe, expect, test } from 'vitest';
import { BUNDLED_RECORDINGS } from '../../localstack/ward/folders.ts';
import { evaluate } from '../../shared/vitals/evaluate.ts';
import { RHYTHM } from '../../shared/vitals/kinds.ts';
import type { EffectiveThresholds, Limit } from '../../shared/vitals/thresholds.ts';
import type { CAUSES } from './causes.ts';
import type { Evaluate } from './default-alerter.ts';
import { type CauseCounts, type Quality, qualityOf } from './quality.ts';
import { replay, staysIn } from './replay.ts';
import type { Stay } from './stay.ts';
import { at, numerics, times } from './testing/stays.ts';

/** Of the ward's recordings (localstack/ward/recordings/README.md). */
const EPISODES = 170;

const stays: Stay[] = [];
beforeAll(async () => {
  for await (const stay of staysIn([BUNDLED_RECORDINGS])) stays.push(stay);
});
const qualityBy = (judge?: Evaluate) => qualityOf(stays.map((stay) => replay(stay, judge)));
const countsOf = ({ causes }: Quality, name: (typeof CAUSES)[number]): CauseCounts | undefined =>
  causes.find(({ cause }) => cause === name);

/** The real alerter, that tells something else. */
const telling =
  (change: (events: ReturnType<Evaluate>['events']) => ReturnType<Evaluate>['events']): Evaluate =>
  (...given) => {
    const done = evaluate(...given);
    return { ...done, events: change(done.events) };
  };
/** The real alerter, with other limits. */
const limiting =
  (change: (limit: Limit) => Limit): Evaluate =>
  (state, arrivals, context) => {
    const { limits, news2 } = context.thresholdsOf('', '');
    const changed = Object.entries(limits).map(([code, list]) => [code, list?.map(change)]);
    const thresholds: EffectiveThresholds = { limits: Object.fromEntries(changed), news2 };
    return evaluate(state, arrivals, { ...context, thresholdsOf: () => thresholds });
  };

describe('the default rules', () => {
  test('tell of each episode, severe and lasting value and gap once and in time, and of nothing else', () => {
    const quality = qualityBy();
    for (const { count, alerted } of quality.causes) {
      expect(count).toBeGreaterThan(0);
      expect(alerted).toBe(count);
    }
    expect(countsOf(quality, 'episode')?.count).toBe(EPISODES);
    expect(quality.spurious).toBe(0);
    expect(quality.all.rules).toBeLessThan(quality.all.naive);
  });

  test('of a monitor that is silent altogether the gaps are told by one alert', () => {
    const whole = numerics(times(60, {}));
    const stay = { ...whole, messages: whole.messages.filter(({ atMs }) => atMs <= at(10) || atMs >= at(40)) };
    const { alarms, causes, spurious } = replay(stay);
    expect(alarms.map(({ condition }) => condition)).toEqual(['no-data/device']);
    expect(causes.map(({ condition, verdict }) => [condition, verdict])).toEqual([
      ['no-data/HR', 'alerted'],
      ['no-data/RR', 'alerted'],
      ['no-data/SpO2', 'alerted'],
    ]);
    expect(spurious).toEqual([]);
  });
});

describe('an alerter', () => {
  test('that leaves out a rhythm: its episodes are missed', () => {
    const quality = qualityBy(telling((events) => events.filter(({ condition }) => condition !== 'arrhythmia/VT')));
    const vt = quality.alerts.find(({ condition }) => condition === 'arrhythmia/VT');
    expect(vt).toMatchObject({ rules: 0 });
    expect(countsOf(quality, 'episode')?.missed).toBeGreaterThan(0);
    expect(quality.holds).toBe(false);
  });

  test('that waits for an hour: lasting values are missed; twice as long as it may: late', () => {
    const anHour = qualityBy(limiting((limit) => ({ ...limit, delayS: 3_600 })));
    expect(countsOf(anHour, 'sustained')?.missed).toBeGreaterThan(0);
    const twice = qualityBy(limiting((limit) => ({ ...limit, delayS: limit.delayS * 2 })));
    expect(countsOf(twice, 'sustained')?.late).toBeGreaterThan(0);
  });

  test('that knows nothing severe: those values are missed', () => {
    const quality = qualityBy(limiting(({ severeLow: _, severeHigh: __, ...limit }) => limit));
    expect(countsOf(quality, 'severe')?.missed).toBe(countsOf(quality, 'severe')?.count);
  });

  test('that tells all twice', () => {
    const quality = qualityBy(telling((events) => [...events, ...events]));
    for (const { count, twice } of quality.causes) expect(twice).toBe(count);
  });

  test('that trusts a bad signal: alerts without a cause', () => {
    const trusting: Evaluate = (state, arrivals, context) => {
      const trusted = arrivals.map((arrival) => {
        if (!('message' in arrival)) return arrival;
        const readings = arrival.message.readings.map(({ validity, ...reading }) =>
          reading.code === RHYTHM ? reading : { ...reading, ...(validity && { validity }) },
        );
        return { ...arrival, message: { ...arrival.message, readings } };
      });
      return evaluate(state, trusted, context);
    };
    expect(qualityBy(trusting).spurious).toBeGreaterThan(0);
  });

  test('that finds values within their limits: alerts without a cause', () => {
    const quality = qualityBy(limiting((limit) => ({ ...limit, ...(limit.high && { high: limit.high - 40 }) })));
    expect(quality.spurious).toBeGreaterThan(0);
  });

  test('that tells of nothing: all is missed, and less alone is no merit', () => {
    const quality = qualityBy(telling(() => []));
    for (const { count, missed } of quality.causes) expect(missed).toBe(count);
    expect(quality.fewer).toBe(1);
    expect(quality.holds).toBe(false);
  });
});
