import { expect, test } from 'vitest';
import { publishingIds } from './publishing-ids.ts';

const TAG_BITS = 16n;
const id = (count: bigint, tag: bigint) => (count << TAG_BITS) | tag;

test('ids begin above what an earlier process left, rise, and have the tag', () => {
  const ids = publishingIds(7);
  expect(ids.observe(id(41n, 3n))).toBe(false);
  expect([ids.next(), ids.next()]).toEqual([id(42n, 7n), id(43n, 7n)]);
  const fresh = publishingIds(7);
  expect(fresh.next()).toBe(id(1n, 7n));
});

test('its own sequence, one not moved yet, and none are no conflict', () => {
  const ids = publishingIds(7);
  ids.observe(id(41n, 3n));
  const first = ids.next();
  for (const sequence of [id(41n, 3n), first, 0n]) expect(ids.observe(sequence)).toBe(false);
});

test("another's sequence is a conflict, once, whether it is above or below; ids go on above it", () => {
  const ids = publishingIds(7);
  ids.observe(0n);
  for (let time = 0; time < 5; time += 1) ids.next();
  expect(ids.observe(id(3n, 8n))).toBe(true);
  expect(ids.observe(id(3n, 8n))).toBe(false);
  expect(ids.next()).toBe(id(6n, 7n));
  expect(ids.observe(id(90n, 8n))).toBe(true);
  expect(ids.next()).toBe(id(91n, 7n));
  // The same tag by chance, above what was ever given out.
  expect(ids.observe(id(99n, 7n))).toBe(true);
});
