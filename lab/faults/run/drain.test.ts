import { describe, expect, test } from 'vitest';
import type { ProducerEntry } from '../verdict/history.ts';
import { drained } from './drain.ts';

const log: ProducerEntry[] = [
  { kind: 'outcome', id: 'a', outcome: 'acked', atMs: 0 },
  { kind: 'outcome', id: 'b', outcome: 'unknown', atMs: 0 },
  { kind: 'outcome', id: 'c', outcome: 'acked', atMs: 0 },
];
const quiet = { producerLog: log, progress: () => undefined, isRead: async () => true, patienceMs: 500, lookMs: 10 };
const seen = (...ids: string[]) => Promise.resolve(new Set(ids));

describe('the drain', () => {
  test('waits for what was acknowledged, and for nothing else', async () => {
    expect(await drained({ ...quiet, arrived: () => seen('a', 'c') })).toBe(true);
  });

  test('gives up on what does not come while the streams are not read', async () => {
    const missing: number[] = [];
    const progress = (count: number) => missing.push(count);
    const isRead = async () => false;
    expect(await drained({ ...quiet, progress, isRead, arrived: () => seen('a') })).toBe(false);
    expect(missing.at(-1)).toBe(1);
  });

  test('takes what is missing for lost once all is read and nothing comes', async () => {
    expect(await drained({ ...quiet, arrived: () => seen('a'), restMs: 100 })).toBe(true);
  });

  test('goes on while something comes, and while a service is away', async () => {
    const answers = [
      () => seen(),
      () => Promise.reject(new Error('connection refused')),
      () => seen('a'),
      () => seen('a', 'c'),
    ];
    let turn = 0;
    const arrived = () => answers[Math.min(turn++, answers.length - 1)]?.() ?? seen();
    expect(await drained({ ...quiet, arrived, patienceMs: 5_000 })).toBe(true);
  });

  test('does not end before the streams are read', async () => {
    let looks = 0;
    const isRead = async () => ++looks > 2;
    expect(await drained({ ...quiet, arrived: () => seen('a', 'c'), isRead, patienceMs: 10_000 })).toBe(true);
    expect(looks).toBeGreaterThanOrEqual(4);
  });
});
