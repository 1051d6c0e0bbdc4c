import { expect, test } from 'vitest';
import { parseVitalsArguments } from './arguments.ts';
import { faultsOf, summaryOf } from './summary.ts';
import { createMeter, vitalsLine } from './vitals-counters.ts';

test('the defaults are a hospital; each option', () => {
  expect(parseVitalsArguments([])).toMatchObject({ beds: 500, wards: 25, rate: 1, seed: 1, bufferS: 30, help: false });
  const text =
    '--url mqtt://user:word@broker:1884 --beds 24 --wards 2 --rate 2 --duration 60s --seed 7 --journal j.ndjson ' +
    '--burst-at 1.5m --buffer 5 --storm icu-1/bed-02 --storm-at 3s --storm-seconds 4 --recordings a,b --help';
  expect(parseVitalsArguments(text.split(' '))).toEqual({
    url: 'mqtt://user:word@broker:1884',
    beds: 24,
    wards: 2,
    rate: 2,
    durationS: 60,
    seed: 7,
    journal: 'j.ndjson',
    burstAtS: 90,
    bufferS: 5,
    storm: { bed: 'icu-1/bed-02', fromS: 3, seconds: 4 },
    folders: ['a', 'b'],
    help: true,
  });
});

test.each([
  [['--beds', '0'], '--beds 0: give a whole number from 1 to 10000'],
  [['--beds', '2', '--wards', '3'], '--wards 3: give a whole number from 1 to 2'],
  [['--rate', '0'], '--rate 0: give a number above 0, up to 10'],
  [['--duration', 'long'], '--duration long: give a time such as 60s, 10m or 1h'],
  [['--seed', 'x'], '--seed x: give a whole number from 0'],
  [['--url', 'http://a'], '--url http://a: give an mqtt or mqtts address'],
  [['--journal', ''], '--journal is empty: give a file'],
  [['--recordings', ','], '--recordings is empty: give one or more folders'],
  [['--nonsense'], "Unknown option '--nonsense'"],
  [['bed'], "Unexpected argument 'bed'"],
])('%j is an error that says what would be right', (argv, message) => {
  expect(() => parseVitalsArguments(argv)).toThrow(
    expect.objectContaining({ code: 'argument', message: expect.stringContaining(message) }),
  );
});

const counters = {
  beds: 24,
  wards: 2,
  connected: 2,
  sent: 480,
  sentAgain: 3,
  acknowledged: 480,
  readings: 1_017,
  readingsPerS: 101.4,
  unacknowledged: 0,
  dropped: 0,
  lateTicks: 0,
};

test('a line says what goes on, and what is wrong when something is', () => {
  expect(vitalsLine(counters)).toBe('vitals 24 beds, 101 readings/s, 0 unacknowledged');
  const worse = { ...counters, connected: 1, unacknowledged: 8, dropped: 2, lateTicks: 1 };
  expect(vitalsLine(worse)).toBe(
    'vitals 24 beds, 101 readings/s, 8 unacknowledged, 2 dropped, 1 late, 1 of 2 wards without the broker',
  );
  for (let width = 20; width < 90; width += 1) expect(vitalsLine(worse, width).length).toBeLessThanOrEqual(width);
  expect(faultsOf(counters)).toEqual([]);
  expect(faultsOf(worse)).toHaveLength(3);
  expect(summaryOf(counters, 10_000, 800)).toContain('readings        1017, 102 a second\n');
  expect(summaryOf(counters, 10_000, 800)).toContain('processor       8 % of a core\n');
});

test('a rate is the mean of the last five whole seconds, and of fewer at first', () => {
  let nowMs = 10_200;
  const meter = createMeter(() => nowMs);
  const rates: number[] = [];
  for (; nowMs < 20_000; nowMs += 100) {
    if (nowMs < 16_000) meter.add(10);
    if (nowMs % 1_000 === 200) rates.push(meter.perSecond());
  }
  expect(rates).toEqual([0, 80, 90, 93.33333333333333, 95, 96, 100, 80, 60, 40]);
});
