import { expect, test } from 'vitest';
import { parseWardArguments } from './arguments.ts';
import { newCounters } from './counters.ts';
import { statusLine } from './status-line.ts';

test('the defaults, and each option', () => {
  expect(parseWardArguments([])).toMatchObject({
    url: 'http://127.0.0.1:3000/db-first/alerts',
    speed: 1,
    beds: undefined,
    once: false,
    state: '.heartline/ward',
    help: false,
  });
  const args = [
    '--url',
    'https://a.example/b',
    '--speed',
    'max',
    '--beds',
    '24',
    '--recordings',
    'a,b',
    '--once',
    '--state',
    's',
  ];
  expect(parseWardArguments(args)).toEqual({
    url: 'https://a.example/b',
    speed: 'max',
    beds: 24,
    folders: ['a', 'b'],
    once: true,
    state: 's',
    help: false,
  });
  expect(parseWardArguments(['--speed', '0.5']).speed).toBe(0.5);
});

test.each([
  [['--speed', '0'], '--speed 0: give a number above 0, up to 10000, or max'],
  [['--speed', 'fast'], '--speed fast: give a number above 0'],
  [['--speed', '1e3'], '--speed 1e3: give a number above 0'],
  [['--speed=-2'], '--speed -2: give a number above 0'],
  [['--beds', '1.5'], '--beds 1.5: give a whole number from 1 up'],
  [['--beds', '0'], '--beds 0: give a whole number from 1 up'],
  [['--url', 'ftp://a'], '--url ftp://a: give an http or https address'],
  [['--url', 'here'], '--url here: give an http or https address'],
  [['--recordings', ','], '--recordings is empty: give one or more folders'],
  [['--state', ''], '--state is empty: give a folder'],
  [['--speed'], 'argument missing (--help lists all options)'],
  [['bed'], "Unexpected argument 'bed'"],
  [['--nonsense'], "Unknown option '--nonsense'"],
])('%j is an error that says what would be right', (argv, message) => {
  expect(() => parseWardArguments(argv)).toThrow(
    expect.objectContaining({ code: 'argument', message: expect.stringContaining(message) }),
  );
});

test('a status line fits the terminal, whatever the figures; what matters most comes first', () => {
  const counters = {
    ...newCounters(353, 10_000),
    wardSecond: 99_999,
    stored: 123_456,
    redelivered: 99_999,
    pending: 1000,
    retrying: 12,
  };
  expect(statusLine(counters, 79)).toBe('ward 27:46:39 x10000, 123456 stored, 99999 redelivered, 0 refused');
  for (let width = 1; width < 130; width += 1) expect(statusLine(counters, width).length).toBeLessThanOrEqual(width);
  expect(statusLine(newCounters(12, 60), 79)).toBe(
    'ward 0:00:00 x60, 0 stored, 0 redelivered, 0 refused, 0 waiting, 12 beds',
  );
});
