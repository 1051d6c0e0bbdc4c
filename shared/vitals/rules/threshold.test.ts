import { describe, expect, test } from 'vitest';
import { HEART_RATE, RESPIRATORY_RATE, SLEEP_STATUS, SPO2 } from '../kinds.ts';
import { effective, thresholdsSchema } from '../thresholds.ts';
import { inOrder, type Played, played, steady, toldOf } from './test-play.ts';

const told = (values: readonly Played[], code = HEART_RATE as typeof HEART_RATE | typeof SPO2) =>
  toldOf(played(code, values), 'threshold');

describe('a value beyond its limit', () => {
  test('is told of when it has stayed there for the delay, since it began', () => {
    expect(told([...steady(80, 0, 5), ...steady(121, 5, 20)])).toEqual(['15 start threshold/HR/high medium since 5']);
  });

  test('is not, when it is at the limit, or back before the delay is over', () => {
    expect(told(steady(120, 0, 60))).toEqual([]);
    expect(told([...steady(121, 0, 10), [10, 120], ...steady(121, 11, 21)])).toEqual([]);
  });

  test('ends when it is back by the hysteresis, and a value between is no end', () => {
    const back: Played[] = [...steady(125, 0, 12), ...steady(118, 12, 20), [20, 117], [21, 119]];
    expect(told(back)).toEqual([
      '10 start threshold/HR/high medium since 0',
      '20 end threshold/HR/high medium since 0',
    ]);
  });

  test('that is severe is told at once, and comes down by the hysteresis', () => {
    expect(
      told([
        [0, 80],
        [1, 151],
        [2, 149],
        [3, 147],
        [4, 146],
        [5, 151],
        [6, 100],
      ]),
    ).toEqual([
      '1 start threshold/HR/high high since 1',
      '3 update threshold/HR/high medium since 1',
      '5 escalate threshold/HR/high high since 1',
      '6 end threshold/HR/high high since 1',
    ]);
  });

  test('that turns severe while it is told of escalates, and before that does not wait', () => {
    expect(told([...steady(125, 0, 12), [12, 155]])).toContain('12 escalate threshold/HR/high high since 0');
    expect(told([...steady(125, 0, 3), [3, 155]])).toEqual(['3 start threshold/HR/high high since 0']);
  });

  test('on one side, then on the other, is two alerts', () => {
    expect(
      told([
        [0, 155],
        [1, 30],
      ]),
    ).toEqual([
      '0 start threshold/HR/high high since 0',
      '1 end threshold/HR/high high since 0',
      '1 start threshold/HR/low high since 1',
    ]);
  });

  test('that is not valid changes nothing: it begins no delay, ends none and no alert', () => {
    const bad = (from: number, to: number): Played[] =>
      steady(80, from, to).map(([at, value]) => [at, value, { validity: 'invalid' }]);
    expect(told([...steady(125, 0, 5), ...bad(5, 8), ...steady(125, 8, 12)])).toEqual([
      '10 start threshold/HR/high medium since 0',
    ]);
    expect(told([...steady(125, 0, 12), ...bad(12, 30)])).toHaveLength(1);
    expect(
      told([
        [0, 500],
        [1, 125],
      ]),
    ).toEqual([]);
  });

  test('after a gap as long as that of no data begins its delay anew', () => {
    expect(told([...steady(125, 0, 5), ...steady(125, 16, 26)])).toEqual([]);
    expect(told([...steady(125, 0, 5), ...steady(125, 16, 27)])).toEqual([
      '26 start threshold/HR/high medium since 16',
    ]);
  });
});

test('what is a limit awake may be none asleep, and the state counts from when it is known', () => {
  const slow = played(HEART_RATE, steady(47, 0, 60));
  expect(toldOf(slow, 'threshold')).toEqual(['10 start threshold/HR/low medium since 0']);
  const asleep = inOrder(
    played(SLEEP_STATUS, [
      [5, 'asleep'],
      [40, 'awake'],
    ]),
    slow,
  );
  expect(toldOf(asleep, 'threshold')).toEqual(['50 start threshold/HR/low medium since 40']);
});

test('a patient’s own limits replace the kind’s, and no limits are none', () => {
  const own = thresholdsSchema.parse({ limits: { [HEART_RATE]: [], [RESPIRATORY_RATE]: [{ high: 20 }] } });
  const none = effective([own]);
  expect(toldOf(played(HEART_RATE, steady(200, 0, 60)), 'threshold', none)).toEqual([]);
  expect(toldOf(played(RESPIRATORY_RATE, [[0, 21]]), 'threshold', none)).toEqual([
    '0 start threshold/RR/high medium since 0',
  ]);
});

test('oxygen saturation has a low limit only', () => {
  expect(told([...steady(89, 0, 16, 5), [16, 100]], SPO2)).toEqual([
    '15 start threshold/SpO2/low medium since 0',
    '16 end threshold/SpO2/low medium since 0',
  ]);
});
