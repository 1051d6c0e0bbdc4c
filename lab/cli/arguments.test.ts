import { describe, expect, test } from 'vitest';
import { numberOption, parseOptions } from './arguments.ts';

describe('a number', () => {
  const range = { from: 4, to: 100 };
  test.each([
    ['4', 4],
    ['100', 100],
    ['4.5', 4.5],
    ['1e1', 10],
  ])('%s', (text, value) => {
    expect(numberOption('--duration', text, range)).toBe(value);
  });

  test.each(['', ' ', '3.9', '101', '-5', '1h', 'x', 'NaN', 'Infinity', '5,6'])(
    "'%s' is refused with the range",
    (text) => {
      expect(() => numberOption('--duration', text, range)).toThrow(`--duration ${text}: give a number from 4 to 100`);
    },
  );

  test('a whole one has no fraction', () => {
    expect(numberOption('--seed', '5', { ...range, whole: true })).toBe(5);
    expect(() => numberOption('--seed', '5.5', { ...range, whole: true })).toThrow(
      '--seed 5.5: give a whole number from 4',
    );
  });
});

describe('options', () => {
  const options = { seed: { type: 'string' }, keep: { type: 'boolean', default: false } } as const;
  test('are read, words beside them too', () => {
    expect(parseOptions(['a', '--seed', '5', '--keep'], options, 'USAGE')).toMatchObject({
      values: { seed: '5', keep: true },
      positionals: ['a'],
    });
  });

  test.each([[['--sed', '5']], [['--seed']], [['--keep=yes']], [['-x']]])('%j is refused with the usage', (args) => {
    expect(() => parseOptions(args, options, 'USAGE')).toThrow(/--?\w.*\n\nUSAGE$/s);
  });
});
