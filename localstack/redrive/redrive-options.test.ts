import { expect, test } from 'vitest';
import { redriveOptions } from './redrive-options.ts';

test('without arguments: all, from dead-letters', () => {
  expect(redriveOptions([])).toEqual({
    from: 'dead-letters',
    stream: undefined,
    functionName: undefined,
    events: new Set(),
    sinceMs: undefined,
    limit: Number.POSITIVE_INFINITY,
    skip: new Set(),
    show: undefined,
    mode: 'redrive',
  });
});

test('every option; --list wins over --dry-run', () => {
  const args = [
    '--from',
    'dead',
    '--stream',
    'alerts.raw-0',
    '--function',
    'store',
    '--event',
    'e-1',
    '--event',
    'e-2',
    '--since',
    '2026-01-31T12:00:00Z',
    '--limit',
    '5',
    '--skip',
    '3',
    '--skip',
    '7',
    '--show',
    '2',
  ];
  const expected = {
    from: 'dead',
    stream: 'alerts.raw-0',
    functionName: 'store',
    events: new Set(['e-1', 'e-2']),
    sinceMs: Date.parse('2026-01-31T12:00:00Z'),
    limit: 5,
    skip: new Set([3n, 7n]),
    show: 2n,
  };
  expect(redriveOptions([...args, '--dry-run'])).toEqual({ ...expected, mode: 'dry-run' });
  expect(redriveOptions(['--list', ...args, '--dry-run'])).toEqual({ ...expected, mode: 'list' });
});

test('a stream may be named first', () => {
  expect(redriveOptions(['medical-events', '--list'])).toMatchObject({ stream: 'medical-events', mode: 'list' });
});

test.each([
  [['--limit', '0']],
  [['--limit', '1e3']],
  [['--limit']],
  [['--skip', '-1']],
  [['--skip', 'all']],
  [['--stream', '--list']],
  [['one', 'two']],
  [['--since', 'yesterday']],
  [['--event']],
  [['--from', '']],
])('%j is refused, with the reason', (args) => {
  expect(redriveOptions(args)).toEqual({ wrong: expect.stringMatching(/./) });
});
