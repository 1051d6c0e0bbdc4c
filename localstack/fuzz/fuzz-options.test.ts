import { expect, test } from 'vitest';
import { fuzzOptions } from './fuzz-options.ts';

test('what is asked for', () => {
  const whole = ['--url', 'http://127.0.0.1:3000', '--runs', '7', '--seed', '0'];
  expect(fuzzOptions(whole)).toEqual({ url: 'http://127.0.0.1:3000', runs: 7, seed: 0 });
  expect(fuzzOptions([])).toEqual({ url: undefined, runs: 100, seed: expect.any(Number) });
});

test.each([
  [['--runs', '0'], '--runs 0: give a whole number'],
  [['--runs', '1.5'], '--runs 1.5'],
  [['--seed', '-1'], 'seed'],
  [['--seed', '99999999999'], '--seed 99999999999: give a whole number'],
  [['--url', 'ftp://x'], '--url ftp://x: give one as http://'],
  [['--url', 'x'], '--url x: give one as http://'],
  [['--speed', '1'], '--speed'],
  [['all'], 'all'],
])('%j is refused', (args, wrong) => {
  expect(fuzzOptions(args)).toEqual({ wrong: expect.stringContaining(wrong) });
});
