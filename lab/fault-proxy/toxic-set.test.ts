import { expect, test } from 'vitest';
import { createJournal } from './journal.ts';
import { createOccurrences } from './occurrences.ts';
import { createToxicSet } from './toxic-set.ts';
import { parseToxics, type ToxicInput } from './toxics.ts';

const SEED = 3;
const publish = { direction: 'downstream', qos: 0, clientId: 'monitor' } as const;

function setOf(toxics: readonly ToxicInput[], { capacity = 100, mostHits = 100 } = {}) {
  const journal = createJournal(SEED, mostHits);
  const set = createToxicSet(SEED, journal, capacity);
  set.replace(parseToxics(toxics));
  return { set, journal };
}

test('the identities seen last are counted, those unseen for longest forgotten', () => {
  const occurrences = createOccurrences(2);
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map((identity) => occurrences.next(identity))).toEqual([1, 1, 2, 1, 3, 1]);
});

test('what several toxics do adds up; a dropped message is only dropped', () => {
  const { set, journal } = setOf([
    { type: 'duplicate', name: 'd1', rate: 1 },
    { type: 'duplicate', name: 'd2', rate: 1 },
    { type: 'delay', name: 'l1', rate: 1, delayMs: 10 },
    { type: 'delay', name: 'l2', rate: 1, delayMs: 20 },
    { type: 'drop', rate: 1, qos: [2] },
    { type: 'drop', name: 'other_way', direction: 'upstream', rate: 1 },
  ]);
  expect(set.decide(publish, 'a')).toEqual({
    droppedBy: undefined,
    copies: 2,
    copyLater: false,
    delayMs: 30,
    places: 0,
    holdMs: 0,
  });
  expect(set.decide({ ...publish, qos: 2 }, 'b')).toMatchObject({
    droppedBy: 'drop_downstream',
    copies: 0,
    delayMs: 0,
  });
  expect(journal.counters().downstream).toMatchObject({ dropped: 1, duplicated: 2, delayed: 1 });
  expect(journal.read().hits.map(({ toxic, identity }) => `${toxic} ${identity}`)).toEqual([
    ...['d1 a', 'd2 a', 'l1 a', 'l2 a', 'drop_downstream b'],
  ]);
});

test('a toxic whose name stays in a new list goes on counting; one that was away begins anew', () => {
  const drop: ToxicInput = { type: 'drop', name: 'loss', rate: 1 };
  const { set, journal } = setOf([drop]);
  set.decide(publish, 'a');
  set.replace(
    parseToxics([
      { type: 'drop', name: 'another', rate: 0 },
      { ...drop, qos: [0, 1] },
    ]),
  );
  set.decide(publish, 'a');
  set.replace([]);
  set.replace(parseToxics([drop]));
  set.decide(publish, 'a');
  expect(journal.read().hits.map(({ occurrence }) => occurrence)).toEqual([1, 2, 1]);
});

test('the journal lists the first hits and counts the others; cleared, it begins anew', () => {
  const { set, journal } = setOf([{ type: 'drop', rate: 1 }], { mostHits: 2 });
  for (const identity of ['a', 'b', 'c', 'd', 'e']) set.decide(publish, identity);
  expect(journal.read()).toMatchObject({ hits: [{ identity: 'a' }, { identity: 'b' }], hitsNotListed: 3 });
  journal.clear();
  expect(journal.read()).toMatchObject({ hits: [], hitsNotListed: 0, downstream: { dropped: 0 }, toxics: [] });
});
