import { describe, expect, test } from 'vitest';
import {
  DEVICE_STATUS,
  GLUCOSE,
  HEART_RATE,
  KINDS,
  RESPIRATORY_RATE,
  RHYTHM,
  SPO2,
  SYSTOLIC,
  TEMPERATURE,
} from '../kinds.ts';
import type { PatientView } from '../patient-state.ts';
import { news2Score } from './news2.ts';
import { inOrder, type Played, played, steady, toldOf } from './test-play.ts';

describe('arrhythmia', () => {
  const bad = { validity: 'invalid' } as const;
  const told = (values: readonly Played[]) => toldOf(played(RHYTHM, values), 'arrhythmia');

  test('an episode is told of at its first good reading, once, until another rhythm', () => {
    expect(
      told([
        [0, 'N'],
        [1, 'VT', bad],
        [2, 'VT'],
        [3, 'VT', bad],
        [4, 'VT'],
        [5, 'N'],
      ]),
    ).toEqual(['2 start arrhythmia/VT high since 2', '5 end arrhythmia/VT high since 2']);
  });

  test('a run that is bad throughout is none', () => {
    expect(
      told([
        [0, 'VT', bad],
        [1, 'VT', bad],
        [2, 'N'],
      ]),
    ).toEqual([]);
  });

  test('two runs are two, whatever is between them, and so are two rhythms', () => {
    expect(
      told([
        [0, 'AVB'],
        [1, 'Noise', bad],
        [2, 'AVB'],
        [3, 'SVTA'],
      ]),
    ).toEqual([
      '0 start arrhythmia/AVB medium since 0',
      '1 end arrhythmia/AVB medium since 0',
      '2 start arrhythmia/AVB medium since 2',
      '3 end arrhythmia/AVB medium since 2',
      '3 start arrhythmia/SVTA medium since 3',
    ]);
  });

  test('names that objects have are no rhythms', () => {
    expect(
      told([
        [0, 'constructor'],
        [1, '__proto__'],
        [2, 'toString'],
      ]),
    ).toEqual([]);
  });
});

describe('trend', () => {
  const line = (from: number, change: number, seconds: number): Played[] =>
    Array.from({ length: seconds }, (_, at) => [at, from + (change * at) / 300]);

  test('a heart rate that rises by 35 in five minutes is told of, one that rises by 25 is not', () => {
    expect(toldOf(played(HEART_RATE, line(70, 35, 330)), 'trend')).toEqual(['240 start trend/HR/rising low since 240']);
    expect(toldOf(played(HEART_RATE, line(70, 25, 330)), 'trend')).toEqual([]);
  });

  test('it ends when the line is flat', () => {
    const up = line(70, 35, 300);
    const values = [...up, ...steady(105, 300, 700)];
    const [start, end, ...more] = toldOf(played(HEART_RATE, values), 'trend');
    expect(start).toMatch(/start trend\/HR\/rising/);
    expect(end).toMatch(/end trend\/HR\/rising/);
    expect(more).toEqual([]);
  });

  test('saturation that falls is told of, that rises is not', () => {
    expect(toldOf(played(SPO2, line(98, -7, 330)), 'trend')).toEqual([
      expect.stringMatching(/start trend\/SpO2\/falling/),
    ]);
    expect(toldOf(played(SPO2, line(90, 9, 330)), 'trend')).toEqual([]);
  });

  test('a single outlier is none, and neither is a line through half a window', () => {
    expect(toldOf(played(HEART_RATE, [...steady(70, 0, 250), [250, 150], ...steady(70, 251, 330)]), 'trend')).toEqual(
      [],
    );
    expect(toldOf(played(HEART_RATE, line(70, 90, 200)), 'trend')).toEqual([]);
  });
});

describe('NEWS2', () => {
  const NORMAL = { [RESPIRATORY_RATE]: 16, [SPO2]: 97, [SYSTOLIC]: 120, [HEART_RATE]: 70, [TEMPERATURE]: 37 };
  const lastOf = (values: Partial<Record<keyof typeof NORMAL, number>>): PatientView['last'] =>
    Object.fromEntries(
      Object.entries({ ...NORMAL, ...values }).map(([code, value]) => [
        code,
        { value, validity: 'valid', atMs: 0, arrivedMs: 0, valueAtMs: 0, valueArrivedMs: 0 } as const,
      ]),
    );
  const AIR = { enabled: true, spo2Scale: 1, supplementalOxygen: false } as const;
  const score = (
    values: Partial<Record<keyof typeof NORMAL, number>>,
    settings: Parameters<typeof news2Score>[1] = AIR,
  ) => news2Score(lastOf(values), settings, 0).score;

  // Each edge of the chart, from both sides.
  test.each([
    [
      RESPIRATORY_RATE,
      [
        [8, 3],
        [9, 1],
        [11, 1],
        [12, 0],
        [20, 0],
        [21, 2],
        [24, 2],
        [25, 3],
      ],
    ],
    [
      SPO2,
      [
        [91, 3],
        [92, 2],
        [93, 2],
        [94, 1],
        [95, 1],
        [96, 0],
      ],
    ],
    [
      SYSTOLIC,
      [
        [90, 3],
        [91, 2],
        [100, 2],
        [101, 1],
        [110, 1],
        [111, 0],
        [219, 0],
        [220, 3],
      ],
    ],
    [
      HEART_RATE,
      [
        [40, 3],
        [41, 1],
        [50, 1],
        [51, 0],
        [90, 0],
        [91, 1],
        [110, 1],
        [111, 2],
        [130, 2],
        [131, 3],
      ],
    ],
    [
      TEMPERATURE,
      [
        [35, 3],
        [35.1, 1],
        [36, 1],
        [36.1, 0],
        [38, 0],
        [38.1, 1],
        [39, 1],
        [39.1, 2],
      ],
    ],
  ] as const)('the chart of %s', (code, edges) => {
    for (const [value, points] of edges) expect([value, score({ [code]: value })]).toEqual([value, points]);
  });

  test('scale 2, on air and on oxygen', () => {
    const scale2 = { ...AIR, spo2Scale: 2 } as const;
    for (const [value, points] of [
      [83, 3],
      [84, 2],
      [85, 2],
      [86, 1],
      [87, 1],
      [88, 0],
      [97, 0],
    ] as const) {
      expect(score({ [SPO2]: value }, scale2)).toBe(points);
    }
    const oxygen = { ...scale2, supplementalOxygen: true } as const;
    for (const [value, points] of [
      [88, 0],
      [92, 0],
      [93, 1],
      [94, 1],
      [95, 2],
      [96, 2],
      [97, 3],
    ] as const) {
      expect(score({ [SPO2]: value }, oxygen)).toBe(points + 2);
    }
  });

  test('what is older than its kind’s limit, or not valid, counts nothing', () => {
    const old = news2Score(lastOf({ [SPO2]: 80 }), AIR, (KINDS[SPO2].noDataAfterS + 1) * 1_000);
    expect(old).toEqual({ score: 0, red: [], known: 2 });
  });

  test('a single sign of 3 points is low, unless its own limit tells of it', () => {
    const breathing = (rr: number) =>
      inOrder(played(RESPIRATORY_RATE, steady(rr, 0, 90)), played(HEART_RATE, steady(80, 0, 90)));
    expect(toldOf(breathing(28), 'news2')).toEqual([expect.stringMatching(/^6\d start news2\/score low/)]);
    expect(toldOf(breathing(33), 'news2')).toEqual([]);
    expect(toldOf(breathing(33), 'threshold')).toHaveLength(1);
  });

  test('one that is off for less than half of the time is none', () => {
    const flickering = Array.from({ length: 300 }, (_, at): Played => [at, at % 10 < 4 ? 28 : 16]);
    expect(toldOf(played(RESPIRATORY_RATE, flickering), 'news2')).toEqual([]);
  });

  test('a score that stands for a minute is told of, climbs, and ends', () => {
    const values = (hr: number, rr: number, from: number, to: number) =>
      inOrder(
        played(HEART_RATE, steady(hr, from, to)),
        played(RESPIRATORY_RATE, steady(rr, from, to)),
        played(SPO2, steady(95, from, to)),
      );
    const history = inOrder(values(112, 22, 0, 100), values(132, 26, 100, 200), values(80, 16, 200, 300));
    expect(toldOf(history, 'news2')).toEqual([
      '60 start news2/score medium since 1',
      '160 escalate news2/score high since 1',
      '259 end news2/score high since 1',
    ]);
  });
});

describe('bad data and no data', () => {
  test('bad data is told of after half a minute, until a good reading', () => {
    const bad: Played[] = steady(80, 0, 40).map(([at, value]) => [at, value, { validity: 'invalid' }]);
    expect(toldOf(played(HEART_RATE, [...bad, [40, 80]]), 'bad-data')).toEqual([
      '30 start bad-data/ECG low since 0',
      '40 end bad-data/ECG low since 0',
    ]);
  });

  test('a heart rate and the ECG that it is counted from have one sensor, which is told of once', () => {
    const bad = (code: typeof HEART_RATE | typeof RHYTHM, value: number | string, from: number, to: number) =>
      played(
        code,
        steady(value, from, to).map(([at, of]) => [at, of, { validity: 'invalid' }]),
      );
    const ecg = [...bad(RHYTHM, 'N', 0, 50), ...played(RHYTHM, [[50, 'N']])];
    const rate = [...bad(HEART_RATE, 80, 10, 60), ...played(HEART_RATE, [[60, 80]])];
    expect(toldOf(inOrder(ecg, rate), 'bad-data')).toEqual([
      '30 start bad-data/ECG low since 0',
      '60 end bad-data/ECG low since 0',
    ]);
  });

  test.each([
    ['another unit', GLUCOSE, { unit: 'mmol/L' }, 5.5],
    ['no living patient’s', HEART_RATE, {}, 400],
    ['no number', HEART_RATE, {}, 'high'],
  ] as const)('a value that is %s is bad data', (_name, code, more, value) => {
    const readings: Played[] = steady(value, 0, 40).map(([at]) => [at, value, more]);
    expect(toldOf(played(code, readings), 'bad-data')).toHaveLength(1);
    expect(toldOf(played(code, readings), 'threshold')).toEqual([]);
  });

  test('a probe that is off is no data, after the limit of its kind, and no bad data', () => {
    const history = inOrder(
      played(HEART_RATE, steady(80, 0, 40)),
      played(SPO2, [...steady(97, 0, 5), ...steady(null, 5, 30), ...steady(97, 30, 40)]),
    );
    expect(toldOf(history, 'no-data')).toEqual([
      '19 start no-data/SpO2 low since 19',
      '31 end no-data/SpO2 low since 19',
    ]);
    expect(toldOf(history, 'bad-data')).toEqual([]);
  });

  test('a monitor that is silent altogether is one alert, and its kinds have their time again when it is back', () => {
    const pulses = steady(0, 0, 120).map(([at]) => ({
      pulse: true as const,
      arrivedMs: Date.UTC(2026, 0, 1) + at * 1_000,
    }));
    const history = inOrder(
      played(HEART_RATE, [...steady(80, 0, 5), ...steady(80, 60, 120)]),
      played(SPO2, [...steady(97, 0, 5), ...steady(97, 70, 120)]),
      pulses,
    );
    expect(toldOf(history, 'no-data')).toEqual([
      '14 start no-data/device medium since 14',
      '61 end no-data/device medium since 14',
    ]);
  });
});

test('what a monitor says of itself is told of until it says another thing', () => {
  const statuses: Played[] = [
    [0, 'ok'],
    [5, 'leads-off'],
    [9, 'leads-off'],
    [12, 'battery-low'],
    [20, 'ok'],
  ];
  expect(toldOf(played(DEVICE_STATUS, statuses), 'device')).toEqual([
    '5 start device/leads-off medium since 5',
    '12 end device/leads-off medium since 5',
    '12 start device/battery-low low since 12',
    '20 end device/battery-low low since 12',
  ]);
});
