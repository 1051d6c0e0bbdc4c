import { expect, test } from 'vitest';
import { schedule } from '../schedule/schedule.ts';
import { verdict } from '../verdict/verdict.ts';
import { resultTable } from './result-table.ts';

const MOST_COLUMNS = 80;
const plan = schedule(1, 12);
const recoveries = plan.faults.map(({ number }) =>
  number % 3 === 0
    ? { number, outcome: 'not' as const, ratio: 0.5 }
    : { number, outcome: { seconds: 12.34 }, ratio: 1.01 },
);
const common = { id: 'p1-1', key: 'p1', sequence: 1, amount: 5 };
const history = {
  producerLog: [
    { ...common, kind: 'intent' as const, poison: false, atMs: 0 },
    { kind: 'outcome' as const, id: 'p1-1', outcome: 'acked' as const, atMs: 1 },
  ],
  effectLog: [{ ...common, commit: 1, atMs: 2 }],
  deadLetters: [],
  drainedAll: true,
};

test('a kept promise is said in lines of at most 80 columns', () => {
  const good = { ok: true, verdict: verdict(history), baseline: 200, faults: [], recoveries };
  const lines = resultTable(plan, good).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(MOST_COLUMNS);
  expect(lines.at(-1)).toMatch(/^✓ The promise was kept/);
  expect(lines.filter((line) => line.includes('12.3 s'))).toHaveLength(
    recoveries.filter(({ number }) => number % 3 !== 0).length,
  );
});

test('a broken one names each breach with its examples', () => {
  const ghosts = Array.from({ length: 9 }, (_, n) => ({
    ...common,
    id: `a-rather-long-id-${n}`,
    commit: n + 2,
    atMs: 0,
  }));
  const broken = verdict({ ...history, effectLog: [...history.effectLog, ...ghosts] });
  const text = resultTable(plan, { ok: false, verdict: broken, baseline: 200, faults: [], recoveries });
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(MOST_COLUMNS);
  expect(text).toContain('✗ phantom: 9 messages there although never sent: a-rather-long-id-0');
  expect(text).toContain('✗ The promise was broken in 1 way.');
});
