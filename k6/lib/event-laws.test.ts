import { expect, test } from 'vitest';
import { lawsOf, type ReadEvent } from './event-laws.ts';

const at = (second: number) => `2026-10-01T10:00:0${second}.000Z`;
const event = (status: ReadEvent['status'], fromS: number, toS?: number): ReadEvent => ({
  eventId: `${status}-${fromS}`,
  status,
  acceptedAt: at(0),
  startedAt: at(fromS),
  ...(toS === undefined ? {} : { processedAt: at(toS) }),
});

test('one after the other, in whatever order they are listed', () => {
  const events = [event('processed', 3, 5), event('processed', 0, 2), event('processed', 2, 3), event('dead', 1)];
  expect(lawsOf(events)).toEqual({ unfinished: 0, overlapping: 0 });
});

test.each([
  ['begun before the other had ended', [event('processed', 0, 2), event('processed', 1, 3)], { overlapping: 1 }],
  [
    'begun within a long one',
    [event('processed', 0, 9), event('processed', 1, 2), event('processed', 3, 4)],
    { overlapping: 2 },
  ],
  ['still waiting', [event('queued', 0)], { unfinished: 1 }],
  ['being worked on', [event('processing', 0)], { unfinished: 1 }],
  ['waiting for its retry', [event('failed', 0)], { unfinished: 1 }],
])('%s is told', (_, events, told) => {
  expect(lawsOf(events)).toMatchObject(told);
});
