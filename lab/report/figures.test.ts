import { describe, expect, test } from 'vitest';
import { countOf, formatFigure, formatMs, formatNumber, shareOf } from './figures.ts';

describe('a figure with its unit', () => {
  test.each([
    [1234, '', '1,234'],
    [12.345, 'ms', '12.3 ms'],
    [842.26, 'ms', '842.3 ms'],
    [0.042, 'share', '4.2 %'],
    [4.2, '%', '4.2 %'],
    [1842.7, 'ms', '1,843 ms'],
    [0, 'messages', '0 messages'],
    [-0, 'ms', '0 ms'],
    [-12.34, 'ms', '−12.3 ms'],
    [0.0421, 'ms', '0.042 ms'],
    [0.0000421, 'ms', '< 0.001 ms'],
    [undefined, 'ms', '—'],
    [null, 'ms', '—'],
    [Number.NaN, 'ms', '—'],
    [Number.POSITIVE_INFINITY, 'ms', '—'],
  ])('%s %s is %s', (value, unit, text) => {
    expect(formatFigure(value, unit)).toBe(text);
  });
});

test('lengths of time', () => {
  expect([80, 1000, 1500, 60_000, 90_000].map(formatMs)).toEqual(['80 ms', '1 s', '1.5 s', '1 min', '90 s']);
});

test('counts and shares', () => {
  expect(countOf(1, 'alert')).toBe('1 alert');
  expect(countOf(1204, 'alert')).toBe('1,204 alerts');
  expect(shareOf(1, 8)).toBe('12.5 %');
  expect(shareOf(0, 0)).toBe('—');
  expect(formatNumber(1e15)).toBe('1.00e+15');
});
