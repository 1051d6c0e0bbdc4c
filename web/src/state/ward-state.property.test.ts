import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alertOf, snapshotOf } from '../../testing/test-ward.ts';
import { emptyWard, take, type WardMessage, type WardState } from './ward-state.ts';

const WARD = 'icu-1';
type Take = typeof take;

const snapshots = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 20 });
/** Cuts a list into batches, as timers do. */
const cuts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 20 });

const messageOf = (revision: number): WardMessage => ({
  type: 'snapshot',
  snapshot: snapshotOf(WARD, revision, [alertOf(WARD, revision % 5)]),
});

function play(taken: Take, revisions: readonly number[], sizes: readonly number[]): WardState[] {
  const states: WardState[] = [];
  let state = emptyWard(WARD);
  let at = 0;
  for (let turn = 0; at < revisions.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    state = taken(state, revisions.slice(at, at + size).map(messageOf));
    states.push(state);
    at += size;
  }
  return states;
}

/** In whatever order snapshots come, the shown revision never falls, and in the end is the highest that came. */
function revisionLaw(taken: Take): void {
  fc.assert(
    fc.property(snapshots, cuts, (revisions, sizes) => {
      const shown = play(taken, revisions, sizes).map(({ snapshot }) => snapshot?.revision ?? -1);
      for (const [index, revision] of shown.entries()) expect(revision).toBeGreaterThanOrEqual(shown[index - 1] ?? -1);
      expect(shown.at(-1)).toBe(Math.max(...revisions));
    }),
  );
}

/** What is answered to a command is shown at once, and never hides what is newer. */
function answerLaw(taken: Take): void {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 }),
      (first, later) => {
        const alert = alertOf(WARD, 0, { version: first });
        let state = taken(emptyWard(WARD), [{ type: 'snapshot', snapshot: snapshotOf(WARD, 1, [alert]) }]);
        let highest = first;
        for (const [index, version] of later.entries()) {
          const isAnswer = index % 2 === 0;
          const now = { ...alert, version };
          // The server's snapshots know no older version than one before.
          if (!isAnswer && version < highest) continue;
          highest = Math.max(highest, version);
          state = taken(state, [
            isAnswer
              ? { type: 'answered', alert: now }
              : { type: 'snapshot', snapshot: snapshotOf(WARD, index + 2, [now]) },
          ]);
          expect(state.alerts?.map((one) => one.version)).toEqual([highest]);
        }
      },
    ),
  );
}

test('an older snapshot never replaces a newer one', () => revisionLaw(take));
test('an answer is shown until a snapshot is as new', () => answerLaw(take));

describe('who breaks a law is found out', () => {
  const newest: Take = (before, messages) => {
    const state = take({ ...before, snapshot: undefined }, messages);
    return state.snapshot === undefined ? { ...state, snapshot: before.snapshot } : state;
  };
  const deaf: Take = (before, messages) =>
    take(
      before,
      messages.filter(({ type }) => type !== 'answered'),
    );
  const stubborn: Take = (before, messages) => {
    const held = messages.find((message) => message.type === 'answered');
    const state = take(before, messages);
    return held?.type === 'answered' ? { ...state, alerts: [held.alert] } : state;
  };
  test('the last that came holds', () => expect(() => revisionLaw(newest)).toThrow());
  test('answers are not shown', () => expect(() => answerLaw(deaf)).toThrow());
  test('an older answer is shown', () => expect(() => answerLaw(stubborn)).toThrow());
});

test('another ward’s snapshot is none of ours; what changes nothing is the same object', () => {
  const state = take(emptyWard(WARD), [messageOf(3)]);
  expect(take(state, [{ type: 'snapshot', snapshot: snapshotOf('icu-2', 9, []) }])).toBe(state);
  expect(take(state, [messageOf(2)])).toBe(state);
});

test('revisions that begin anew are believed once they are clearly the later: a database was put back', () => {
  const held = snapshotOf(WARD, 5_000, [alertOf(WARD, 0)]);
  const state = take(emptyWard(WARD), [{ type: 'snapshot', snapshot: held }]);
  const later = (ms: number, revision: number) => ({
    ...snapshotOf(WARD, revision, [alertOf(WARD, 1)]),
    at: new Date(Date.parse(held.at) + ms).toISOString(),
  });
  expect(take(state, [{ type: 'snapshot', snapshot: later(5_000, 4_999) }])).toBe(state);
  expect(take(state, [{ type: 'snapshot', snapshot: later(60_000, 1) }]).snapshot?.revision).toBe(1);
});
