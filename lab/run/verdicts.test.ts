import { describe, expect, test } from 'vitest';
import { checkDelivery, type DeliveryPromise, type History } from '../checker/index.ts';
import { checkConservation } from '../conservation/check-conservation.ts';
import type { Expectation } from '../experiment/schema.ts';
import type { PhaseName, VerdictRow } from '../lab-result.ts';
import { checkLanes } from '../lanes/check-lanes.ts';
import type { Figure } from '../measure/selector.ts';
import { conservationRow, judge, lanesRow, promiseRow } from './verdicts.ts';

type Figures = Partial<Record<PhaseName | 'run', number | Figure>>;

function judged(rules: Partial<Expectation>, figures: Figures, unit = 'ms', sync: Figures = {}): VerdictRow {
  const expectation: Expectation = { metric: 'http_req_duration', statistic: 'p95', ...rules };
  const measureOf = (all: Figures) => (phase: keyof Figures) => {
    const figure = all[phase];
    return typeof figure === 'object' ? figure : { value: figure };
  };
  return judge(expectation, measureOf(figures), unit, (name) => measureOf(name === 'sync' ? sync : {}));
}

describe('an expectation', () => {
  test('holds when every rule does; figures without a rule are only shown', () => {
    expect(judged({ fault: { above: 400 } }, { baseline: 10, fault: 401, recovery: 9999 })).toEqual({
      expectation: 'p95 of http_req_duration',
      unit: 'ms',
      expected: { fault: '> 400' },
      baseline: 10,
      fault: 401,
      recovery: 9999,
      holds: true,
    });
  });

  test('about the run stands in the last column, and is judged by its own figure alone', () => {
    const rules = { run: { between: [4, 4.05] as [number, number] }, statistic: 'count' as const };
    expect(judged(rules, { baseline: 1, fault: 2, recovery: 3, run: 4 }, '')).toEqual({
      expectation: 'count of http_req_duration',
      unit: '',
      expected: { recovery: '4 to 4.05' },
      baseline: undefined,
      fault: undefined,
      recovery: 4,
      holds: true,
    });
    expect(judged(rules, { run: 3.9 }, '')).toMatchObject({ holds: false, reason: 'in the run: 3.9 is not 4 to 4.05' });
    expect(judged(rules, {}, '')).toMatchObject({
      holds: false,
      reason: expect.stringContaining('in the run: not measured'),
    });
  });

  test.each<[string, Partial<Expectation>, Figures, string]>([
    ['a figure at the bound', { fault: { above: 400 } }, { fault: 400 }, 'under fault: 400 ms is not > 400 ms'],
    [
      'each phase that fails',
      { baseline: { below: 5 }, recovery: { below: 5 } },
      { baseline: 6, recovery: 7 },
      'baseline: 6 ms is not < 5 ms; after: 7 ms is not < 5 ms',
    ],
    [
      'a ratio',
      { fault: { timesBaseline: { above: 5 } } },
      { baseline: 10, fault: 50 },
      'under fault: 50 ms is not > 5×',
    ],
    ['what was not measured', { fault: { below: 5 } }, {}, 'under fault: not measured'],
    [
      'why it was not',
      { fault: { below: 5 } },
      { fault: { value: undefined, note: 'nobody measured it' } },
      'under fault: not measured (nobody measured it)',
    ],
    ['a ratio to nothing', { fault: { timesBaseline: { above: 5 } } }, { fault: 50 }, 'under fault: 50 ms is not > 5×'],
  ])('names %s as the reason', (_, rules, figures, reason) => {
    expect(judged(rules, figures)).toMatchObject({ holds: false, reason });
  });

  test('that is compared with a case shows the other figure, and fails without one', () => {
    const rules = { fault: { timesCase: { case: 'sync', atMost: 0.2 } } };
    expect(judged(rules, { fault: 150 }, 'ms', { fault: 800 })).toMatchObject({
      holds: true,
      expected: { fault: '≤ 0.2× sync' },
      note: 'sync, under fault: 800 ms',
    });
    expect(judged(rules, { fault: 161 }, 'ms', { fault: 800 })).toMatchObject({
      holds: false,
      reason: 'under fault: 161 ms is not ≤ 0.2× sync',
    });
    expect(judged(rules, { fault: 1 }, 'ms', { baseline: 800 })).toMatchObject({
      holds: false,
      reason: 'under fault: 1 ms is not ≤ 0.2× sync (of sync nothing was measured)',
    });
    const ofBaseline = { fault: { timesCase: { case: 'sync', phase: 'baseline' as const, below: 1 } } };
    expect(judged(ofBaseline, { fault: 10 }, 'ms', { baseline: 11 })).toMatchObject({
      holds: true,
      note: 'sync, baseline: 11 ms',
    });
    const ofRun = { statistic: 'count' as const, run: { timesCase: { case: 'sync', atLeast: 3 } } };
    expect(judged(ofRun, { run: 9 }, '', { run: 3 })).toMatchObject({ holds: true, note: 'sync, in the run: 3' });
  });

  test('shows what the field knows, reached or not, and is not judged by it', () => {
    const rules = { fault: { above: 0 }, field: { fault: { above: 800 } }, note: 'depends on the pool' };
    expect(judged(rules, { fault: 612 })).toMatchObject({
      holds: true,
      note: 'known from the field: under fault > 800 ms (not reached here); depends on the pool',
    });
    expect(judged(rules, { fault: 812 }).note).toContain('under fault > 800 ms (reached here)');
    expect(judged(rules, {}).note).toContain('(not reached here)');
    const ofRun = { statistic: 'count' as const, run: { equals: 0 }, field: { run: { equals: 0 } } };
    expect(judged(ofRun, { run: 0 }, '').note).toBe('known from the field: = 0 (reached here)');
  });

  test('a note of a figure that was measured is kept, that of a missing one is its reason', () => {
    const note = 'above the last bucket';
    const row = judged(
      { fault: { above: 1 } },
      { fault: { value: 3, note }, recovery: { value: undefined, note: 'gone' } },
    );
    expect(row).toMatchObject({ holds: true, note: `under fault: ${note}` });
    expect(row).not.toHaveProperty('reason');
  });

  test('its subject: its own words, or statistic, metric, labels and divisor', () => {
    const subject = (rules: Partial<Expectation>) =>
      judged({ fault: { above: 0 }, ...rules }, { fault: 1 }).expectation;
    expect(subject({ says: 'alerts that got lost' })).toBe('alerts that got lost');
    expect(subject({ labels: { stage: 'x' }, ratioTo: 'alerts_sent' })).toBe(
      'p95 of http_req_duration{stage="x"} per alerts_sent',
    );
  });
});

describe('the promise as a row', () => {
  const sent = (id: string, key = 'p1', acknowledged = true) => ({
    id,
    key,
    group: 'fault',
    text: '',
    atMs: Number(id),
    acknowledged,
  });
  const rowOf = (history: History, promise: DeliveryPromise) => promiseRow(checkDelivery(history, promise));
  const delivered = (...ids: string[]) => ids.map((id, index) => ({ id, key: 'p1', atMs: 10 + index }));

  test('holds when nothing breaks it, and says among how many messages', () => {
    const row = rowOf(
      { sent: [sent('1'), sent('2')], delivered: delivered('1', '2') },
      { kind: 'exactly-once', ordered: true },
    );
    expect(row).toMatchObject({
      expectation: 'breaches of exactly-once, in order, among 2 messages',
      fault: 0,
      holds: true,
    });
    expect(row).not.toHaveProperty('reason');
  });

  test('loss breaks at least once and is the price of at most once; a second delivery the other way round', () => {
    const loses = { sent: [sent('1')], delivered: [] };
    const repeats = { sent: [sent('1')], delivered: delivered('1', '1') };
    expect(rowOf(loses, { kind: 'at-least-once' })).toMatchObject({
      fault: 1,
      holds: false,
      reason: expect.stringContaining('never delivered: 1'),
    });
    expect(rowOf(loses, { kind: 'at-most-once' })).toMatchObject({ fault: 0, holds: true });
    expect(rowOf(repeats, { kind: 'at-most-once' })).toMatchObject({
      fault: 1,
      holds: false,
      reason: expect.stringContaining('more than once: 1'),
    });
    expect(rowOf(repeats, { kind: 'at-least-once' })).toMatchObject({ fault: 0, holds: true });
  });

  test('order counts only where it is promised', () => {
    const swapped = { sent: [sent('1'), sent('2')], delivered: delivered('2', '1') };
    expect(rowOf(swapped, { kind: 'exactly-once' }).holds).toBe(true);
    expect(rowOf(swapped, { kind: 'exactly-once', ordered: true })).toMatchObject({ holds: false, fault: 1 });
  });

  test('what nobody sent breaks every promise', () => {
    for (const kind of ['at-most-once', 'at-least-once', 'exactly-once'] as const) {
      expect(rowOf({ sent: [sent('1')], delivered: delivered('1', '9') }, { kind })).toMatchObject({
        holds: false,
        fault: 1,
      });
    }
  });

  test('a load that sent nothing proves nothing', () => {
    expect(rowOf({ sent: [], delivered: [] }, { kind: 'exactly-once' })).toMatchObject({
      holds: false,
      fault: undefined,
      reason: 'nothing was sent',
    });
  });
});

describe('the books as a row', () => {
  const stock = [{ sku: 'pump', initial: 2, available: 1 }];
  const order = (orderId: string) => ({ orderId, key: orderId, sku: 'pump', quantity: 1, status: 'confirmed' });

  test('hold when they add up, and say among how many', () => {
    const row = conservationRow(checkConservation({ stock, orders: [order('a')], report: undefined }));
    expect(row).toMatchObject({
      expectation: 'breaches of conservation, among 1 SKU and 1 order',
      expected: { fault: '= 0' },
      fault: 0,
      holds: true,
    });
    expect(row).not.toHaveProperty('reason');
  });

  test('that do not add up fail, with the reason', () => {
    const row = conservationRow(checkConservation({ stock, orders: [order('a'), order('b')], report: undefined }));
    expect(row).toMatchObject({ fault: 1, holds: false, reason: expect.stringContaining('pump: 2 ≠ 1 + 2') });
  });

  test('without anything to sell prove nothing', () => {
    const row = conservationRow(checkConservation({ stock: [], orders: [], report: undefined }));
    expect(row).toMatchObject({ fault: undefined, holds: false, reason: 'there was nothing to sell' });
  });
});

describe('the lanes as a row', () => {
  const attempt = (eventId: string, offset: bigint, startedAtMs: number, endedAtMs: number) => ({
    eventId,
    key: 'p-1',
    outcome: 'processed',
    place: { partition: 'c', offset },
    acceptedAtMs: 0,
    startedAtMs,
    endedAtMs,
  });

  test('hold when a patient’s events are worked on one after the other', () => {
    const row = lanesRow(checkLanes([attempt('a', 1n, 0, 2), attempt('b', 2n, 2, 3)]));
    expect(row).toMatchObject({
      expectation: 'breaches of order, among 2 attempts of 1 patient',
      expected: { fault: '= 0' },
      fault: 0,
      holds: true,
    });
  });

  test('fail by name where two overlap, or come in the other order', () => {
    const row = lanesRow(checkLanes([attempt('a', 1n, 2, 4), attempt('b', 2n, 3, 5), attempt('c', 3n, 1, 2)]));
    expect(row).toMatchObject({ fault: 2, holds: false });
    expect(row.reason).toBe(
      '1 event was begun while an earlier one of its patient was worked on: b; 1 event was begun before an earlier one of its patient: c',
    );
  });

  test('without an attempt prove nothing', () => {
    expect(lanesRow(checkLanes([]))).toMatchObject({ fault: undefined, holds: false, reason: 'nothing was tried' });
  });
});
