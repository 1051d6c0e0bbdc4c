import { describe, expect, test } from 'vitest';
import type { Mark } from '../lab-result.ts';
import { createTargetRecord } from '../measure/scrapes.ts';
import { connectionMarks } from './connection-marks.ts';

const START_MS = 1_000_000;

/** A page a second: `1`, `0`, `-` (a page without the series) or `x` (no answer) of each second, from second 0 on. */
function marksOf(seconds: string, labels = 'function="receive-alert",source="mqtt"'): Mark[] {
  const record = createTargetRecord('http://127.0.0.1/metrics', ['trigger_connected']);
  [...seconds].forEach((state, second) => {
    const atMs = START_MS + second * 1_000;
    const page = `# TYPE trigger_connected gauge\n${state === '-' ? '' : `trigger_connected{${labels}} ${state}\n`}`;
    if (state === 'x') record.addFailure(second, atMs, atMs);
    else record.add(second, atMs, atMs, page);
  });
  return connectionMarks([record], START_MS);
}

const lost = (atS: number) => ({ atS, label: 'receive-alert lost its broker' });
const back = (atS: number, afterS: number) => ({ atS, label: `receive-alert is back after ${afterS} s` });

describe('marks of a trigger’s connection', () => {
  test.each<[string, Mark[]]>([
    ['11111', []],
    ['11011', [lost(2), back(3, 1)]],
    ['1000111', [lost(1), back(4, 3)]],
    ['0011', [lost(0), back(2, 2)]],
    ['10010', [lost(1), back(3, 2), lost(4)]],
    // Not measured is neither lost nor back.
    ['1x1', []],
    ['1-1', []],
    ['10x01', [lost(1), back(4, 3)]],
    ['-', []],
  ])('%s', (seconds, marks) => {
    expect(marksOf(seconds)).toEqual(marks);
  });

  test('each trigger for itself, by its function, else its source', () => {
    expect(marksOf('101', 'source="pgmq"')[0]).toEqual({ atS: 1, label: 'pgmq lost its broker' });
    expect(marksOf('101', 'other="x"')[0]?.label).toBe('a trigger lost its broker');
  });
});
