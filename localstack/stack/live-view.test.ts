import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { startLiveView } from './live-view.ts';

const notification = {
  eventId: 'e',
  ward: 'icu-1',
  patientId: 'p'.repeat(64),
  kind: 'VT',
  severity: 'high',
  storedAt: '2026-01-31T12:00:00.000Z',
  notifiedAt: '2026-01-31T12:00:00.007Z',
};

const vitals = {
  beds: 10_000,
  wards: 500,
  connected: 0,
  sent: 1,
  sentAgain: 0,
  acknowledged: 1,
  readings: 3,
  readingsPerS: 42_372.4,
  unacknowledged: 123_456,
  dropped: 123_456,
  lateTicks: 9,
};

/** Draws the view once on a terminal of this size and returns its lines. */
function drawn(columns: number, rows: number, notifications: number, withVitals = false): string[] {
  let text = '';
  const terminal = { isTTY: true, columns, rows, write: (chunk: string) => (text += chunk) };
  const view = startLiveView(
    terminal as unknown as NodeJS.WriteStream,
    () => undefined,
    () => (withVitals ? vitals : undefined),
  );
  for (let count = 0; count < notifications; count += 1) view.notified(notification);
  view.stop();
  return stripVTControlCharacters(text).trimEnd().split('\n');
}

test.each([80, 50, 20])('no line is wider than a terminal of %d columns', (columns) => {
  const lines = drawn(columns, 24, 3);
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line.length).toBeLessThan(columns);
});

test('a low terminal shows fewer notifications, never more lines than it has', () => {
  expect(drawn(80, 24, 9)).toHaveLength(6);
  expect(drawn(80, 5, 9)).toHaveLength(3);
});

test('vital signs have a line of their own, as wide as the terminal at the most', () => {
  expect(drawn(80, 24, 0, true)[0]).toBe('vitals 10000 beds, 42372 readings/s, 123456 unacknowledged, 123456 dropped');
  expect(drawn(20, 24, 0, true)[0]).toBe('vitals 10000 beds');
  expect(drawn(80, 5, 9, true)).toHaveLength(3);
});

test('a line says when, how urgent, what, whom, and how long it took', () => {
  expect(drawn(80, 24, 1)[1]).toMatch(/^ {2}12:00:00 {2}HIGH {4}VT {4}icu-1, p+$/);
  expect(drawn(200, 24, 1)[1]).toContain('12:00:00  HIGH');
});
