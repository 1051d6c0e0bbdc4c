import { expect, test } from 'vitest';
import { createReceipts } from './receipts.ts';

function aScreen() {
  const said: number[] = [];
  const paints: (() => void)[] = [];
  const screen: { revision: number | undefined } = { revision: undefined };
  const receipts = createReceipts({
    revision: () => screen.revision,
    afterPaint: (then) => paints.push(then),
    confirm: (revision) => said.push(revision),
  });
  return { said, screen, receipts, paint: () => paints.splice(0).forEach((then) => void then()) };
}

test('a revision is confirmed once it was painted, and once', () => {
  const { said, screen, receipts, paint } = aScreen();
  receipts.look();
  screen.revision = 7;
  receipts.look();
  screen.revision = 8;
  receipts.look();
  expect(said).toEqual([]);
  paint();
  paint();
  receipts.look();
  paint();
  expect(said).toEqual([7, 8]);
});

test('what is sent again is confirmed again: its receipt was lost', () => {
  const { said, screen, receipts, paint } = aScreen();
  screen.revision = 7;
  receipts.look();
  paint();
  receipts.told(7);
  paint();
  receipts.told(6);
  paint();
  expect(said).toEqual([7, 7]);
});

test('a count that begins anew is confirmed, too', () => {
  const { said, screen, receipts, paint } = aScreen();
  for (const revision of [7, 1]) {
    screen.revision = revision;
    receipts.look();
    paint();
  }
  expect(said).toEqual([7, 1]);
});
