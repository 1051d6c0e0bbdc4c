import { describe, expect, test } from 'vitest';
import { checkDelivery, type DeliveredMessage, type PromiseKind, type SentMessage } from './index.ts';

/** `a1` is message 1 of key a; upper case in the second argument: not acknowledged. */
const sent = (ids: string, unacknowledged = '', group = 'baseline'): SentMessage[] =>
  ids.split(' ').map((id, place) => ({
    id,
    key: id.charAt(0),
    group,
    text: `VT of ${id}`,
    atMs: place * 10,
    acknowledged: !unacknowledged.split(' ').includes(id),
  }));
const delivered = (ids: string): DeliveredMessage[] =>
  ids === '' ? [] : ids.split(' ').map((id, place) => ({ id, key: id.charAt(0), atMs: 100 + place * 10 }));

const violations = (kind: PromiseKind, history: Parameters<typeof checkDelivery>[0], ordered = false) =>
  checkDelivery(history, { kind, ordered }).violations.map(({ text }) => text);

describe('the three promises', () => {
  const history = { sent: sent('a1 a2 a3 b1', 'a2 b1'), delivered: delivered('a3 a3') };

  test.each<[PromiseKind, string[]]>([
    ['at-most-once', ['1 message was delivered more than once: a3']],
    ['at-least-once', ['1 acknowledged message was never delivered: a1']],
    ['exactly-once', ['1 acknowledged message was never delivered: a1', '1 message was delivered more than once: a3']],
  ])('%s', (kind, words) => {
    expect(violations(kind, history)).toEqual(words);
  });

  test('a phantom and a wrong key break each of them', () => {
    const wrong = { sent: sent('a1'), delivered: [...delivered('c9'), { id: 'a1', key: 'b', atMs: 5 }] };
    for (const kind of ['at-most-once', 'at-least-once', 'exactly-once'] as const) {
      expect(violations(kind, wrong)).toEqual([
        '1 message was delivered under a key that is not its own: a1',
        '1 delivery of a message that was never sent: c9',
      ]);
    }
  });

  test('order counts within a key, by first deliveries, and only where it was promised', () => {
    const swapped = { sent: sent('a1 b1 a2'), delivered: delivered('b1 a2 a1 a2') };
    expect(violations('at-least-once', swapped)).toEqual([]);
    expect(violations('at-least-once', swapped, true)).toEqual([
      '1 message was delivered after a later one of its key: a1',
    ]);
    expect(violations('at-least-once', { sent: sent('a1 a2'), delivered: delivered('a1 a2 a1') }, true)).toEqual([]);
  });

  test('a long list is cut after five examples', () => {
    const ids = Array.from({ length: 12 }, (_, n) => `a${n}`).join(' ');
    expect(violations('at-least-once', { sent: sent(ids), delivered: [] })).toEqual([
      '12 acknowledged messages were never delivered: a0, a1, a2, a3, a4 and 7 more',
    ]);
  });
});

test('counts, latency and what was lost', () => {
  const verdict = checkDelivery(
    { sent: [...sent('a1 a2'), ...sent('b1', 'b1', 'fault')], delivered: delivered('a1 x1 a1') },
    { kind: 'at-most-once' },
    { groupAt: (atMs) => (atMs >= 110 ? 'fault' : 'baseline') },
  );
  expect(verdict.groups.get('baseline')).toEqual({
    sent: 2,
    acknowledged: 2,
    delivered: 1,
    lost: 1,
    lostAcknowledged: 1,
    duplicated: 1,
    surplus: 1,
    phantom: 0,
    outOfOrder: 0,
    wrongKey: 0,
    latencyMs: { count: 1, mean: 100, min: 100, p50: 100, p95: 100, p99: 100, max: 100 },
  });
  expect(verdict.groups.get('fault')).toMatchObject({ sent: 1, lost: 1, phantom: 1, latencyMs: undefined });
  expect(verdict.all).toMatchObject({ sent: 3, delivered: 1, lost: 2, lostAcknowledged: 1, phantom: 1 });
  expect(verdict.lostByKey.map(({ key, lost }) => [key, lost.map(({ text }) => text)])).toEqual([
    ['a', ['VT of a2']],
    ['b', ['VT of b1']],
  ]);
});

test('a lost message shows as acknowledged when its second sending was', () => {
  const [first] = sent('a1', 'a1');
  const again = sent('a1');
  const { lostByKey } = checkDelivery(
    { sent: [...(first ? [first] : []), ...again], delivered: [] },
    { kind: 'at-most-once' },
  );
  expect(lostByKey[0]?.lost).toEqual([{ ...first, acknowledged: true }]);
});

test('nothing sent breaks nothing, and counts nothing', () => {
  const verdict = checkDelivery({ sent: [], delivered: [] }, { kind: 'exactly-once', ordered: true });
  expect(verdict).toMatchObject({ kept: true, all: { sent: 0, latencyMs: undefined }, lostByKey: [] });
});

test('ids like __proto__ are ids', () => {
  const ids = '__proto__ constructor hasOwnProperty';
  expect(violations('exactly-once', { sent: sent(ids), delivered: delivered(ids) })).toEqual([]);
});

test('what is no history is refused', () => {
  const [first] = sent('a1');
  const broken = first ? [{ ...first, atMs: Number.NaN }] : [];
  expect(() => checkDelivery({ sent: broken, delivered: [] }, { kind: 'at-most-once' })).toThrow(/'a1' is NaN/);
  const unknown = JSON.parse('{"kind": "mostly-once"}');
  expect(() => checkDelivery({ sent: [], delivered: [] }, unknown)).toThrow(/no promise 'mostly-once'/);
});

const MILLION_TIMEOUT_MS = 120_000;
test('a million messages', { timeout: MILLION_TIMEOUT_MS }, () => {
  const MESSAGES = 1_000_000;
  const KEYS = 500;
  const many = Array.from({ length: MESSAGES }, (_, n) => ({
    id: `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
    key: `patient-${n % KEYS}`,
    group: n < MESSAGES / 2 ? 'baseline' : 'fault',
    text: 'VT',
    atMs: n,
    acknowledged: true,
  }));
  const arrived = many.filter((_, n) => n % 10 !== 0).map(({ id, key, atMs }) => ({ id, key, atMs: atMs + 5 }));
  const { all, violations } = checkDelivery(
    { sent: many, delivered: arrived },
    { kind: 'exactly-once', ordered: true },
  );
  expect(all).toMatchObject({ sent: MESSAGES, delivered: 900_000, lost: 100_000, outOfOrder: 0 });
  expect(violations.map(({ breach, count }) => [breach, count])).toEqual([['lost', 100_000]]);
});
