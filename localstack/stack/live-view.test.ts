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

/** Draws the view once on a terminal of this size and returns its lines. */
function drawn(columns: number, rows: number, notifications: number): string[] {
  let text = '';
  const terminal = { isTTY: true, columns, rows, write: (chunk: string) => (text += chunk) };
  const view = startLiveView(terminal as unknown as NodeJS.WriteStream, () => undefined);
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

test('a line says when, how urgent, what, whom, and how long it took', () => {
  expect(drawn(80, 24, 1)[1]).toMatch(/^ {2}12:00:00 {2}HIGH {4}VT {4}icu-1, p+$/);
  expect(drawn(200, 24, 1)[1]).toContain('12:00:00  HIGH');
});
