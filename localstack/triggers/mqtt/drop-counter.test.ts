import { expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import type { TriggerEvent } from '../event-source.ts';
import { sourceContext } from '../source-context.ts';
import { dropCounter } from './drop-counter.ts';
import { recordingLogger } from './test-source.ts';

/** A clock that stands still until it is moved. */
function manualClock(): Clock & { advance(ms: number): void; pending(): number } {
  let nowMs = 0;
  let timers: { atMs: number; callback: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const [next] = timers.filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        timers = timers.filter((other) => other !== next);
        nowMs = next.atMs;
        next.callback();
      }
      nowMs = untilMs;
    },
    pending: () => timers.length,
  };
}

function counter() {
  const clock = manualClock();
  const logger = recordingLogger();
  const events: TriggerEvent[] = [];
  const observe = (event: TriggerEvent) => void events.push(event);
  const context = sourceContext({ source: 't', function: 'f' }, { clock, random: () => 0, logger, observe });
  const records = () => events.flatMap((event) => (event.type === 'recordsDropped' ? [event.records] : []));
  return { clock, logger, records, drops: dropCounter(context, 100) };
}

test('a flood makes two lines and one event a second', () => {
  const { clock, logger, records, drops } = counter();
  for (let second = 0; second < 3; second += 1) {
    for (let n = 0; n < 1_000; n += 1) drops.dropped('overflow', 1);
    clock.advance(1_000);
  }
  expect(logger.lines).toHaveLength(1);
  expect(records()).toEqual([1_000, 1_000, 1_000]);
  clock.advance(10_000);
  expect(logger.lines.map(({ level, fields }) => [level, fields['records']])).toEqual([
    ['warn', undefined],
    ['warn', 3_000],
  ]);
  expect(clock.pending()).toBe(0);
});

test('another episode begins with a line of its own; closing tells what is left', () => {
  const { clock, logger, records, drops } = counter();
  drops.dropped('retained', 1);
  clock.advance(10_000);
  drops.dropped('retained', 1);
  drops.dropped('too_large', 101);
  drops.close();
  expect(records()).toEqual([1, 1, 1]);
  expect(logger.lines.map(({ level }) => level)).toEqual(['info', 'info', 'info', 'warn', 'info', 'warn']);
  expect(clock.pending()).toBe(0);
});

test('of what is too large the lines say how large: the first, and the largest', () => {
  const { logger, drops } = counter();
  for (const bytes of [120, 500, 101]) drops.dropped('too_large', bytes);
  drops.dropped('overflow', 7);
  drops.close();
  const fields = { source: 't', function: 'f' };
  expect(logger.lines.map((line) => line.fields)).toEqual([
    { ...fields, bytes: 120, maximumPayloadBytes: 100 },
    fields,
    { ...fields, reason: 'too_large', records: 3, forMs: 0, largestBytes: 500 },
    { ...fields, reason: 'overflow', records: 1, forMs: 0 },
  ]);
});
