import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { handle } from './alert-lifecycle.ts';
import { type AlertState, rings, statusOf } from './alert-state.ts';
import type { DeskInput, Notification } from './desk-input.ts';
import { DEFAULT_RULES } from './desk-rules.ts';
import { eventOf } from './lifecycle-model.ts';
import { renderPermissions, renderTransitions } from './render-tables.ts';
import type { CommandName, Role } from './roles.ts';
import { nextDueAtMs } from './timers.ts';

const S_MS = 1_000;

/** One alert, and what is said to it at so many seconds. */
function desk() {
  let state: AlertState | undefined;
  const take = (input: DeskInput) => {
    const outcome = handle(state, input, DEFAULT_RULES);
    state = outcome.state;
    return outcome;
  };
  const event = (atS: number, change: Parameters<typeof eventOf>[0]) =>
    take({ input: 'event', event: eventOf(change), atMs: atS * S_MS });
  const say = (atS: number, role: Role, type: Exclude<CommandName, 'reroute'>) =>
    take({
      input: 'command',
      command: {
        ...{ type, key: `${atS} ${type}`, who: { id: `${role}-1`, role }, why: 'seen' },
        atMs: atS * S_MS,
        expectedVersion: state?.version ?? 0,
      },
    });
  const tick = (atS: number) => take({ input: 'tick', atMs: atS * S_MS });
  const shown = (atS: number) => state && [statusOf(state, atS * S_MS), rings(state, atS * S_MS)];
  const nextS = () => state && (nextDueAtMs(state) ?? Number.NaN) / S_MS;
  return { event, say, tick, shown, nextS };
}

const asked = (notifications: readonly Notification[]) =>
  notifications.flatMap((told) => (told.kind === 'ask' || told.kind === 're-alarm' ? [told.to.role] : [told.kind]));

test('a tachycardia: nobody comes, the charge nurse takes it, pauses the sound, and it ends', () => {
  const { event, say, tick, shown, nextS } = desk();
  expect(asked(event(0, { priority: 'high' }).notifications)).toEqual(['nurse']);
  expect(nextS()).toBe(60);
  expect(tick(59).audit).toEqual([]);
  expect(asked(tick(60).notifications)).toEqual(['charge-nurse']);
  expect(say(70, 'charge-nurse', 'accept').answer).toEqual({ ok: true, version: 3 });
  expect(shown(70)).toEqual(['accepted', true]);
  expect(say(71, 'nurse', 'accept').answer).toEqual({ ok: false, code: 'accepted_by_another' });
  say(72, 'nurse', 'silence');
  expect([shown(72), shown(191), shown(192)]).toEqual([
    ['accepted', false],
    ['accepted', false],
    ['accepted', true],
  ]);
  expect(tick(192).notifications).toEqual([{ kind: 'remind', id: 'charge-nurse-1' }]);
  expect(asked(event(200, { type: 'end', sequence: 2, priority: 'high' }).notifications)).toEqual(['retract']);
  expect(shown(200)).toEqual(['resolved', false]);
  expect(nextS()).toBe(320);
  tick(320);
  expect(shown(320)).toEqual(['closed', false]);
  expect(say(330, 'doctor', 'accept').answer).toEqual({ ok: false, code: 'alert_closed' });
});

test('a high alert that ended before anybody saw it stays until somebody has', () => {
  const { event, say, tick, shown } = desk();
  event(0, { type: 'end', sequence: 2, priority: 'high' });
  expect(event(1, { priority: 'high' }).audit).toEqual([]);
  tick(100_000);
  expect(shown(100_000)).toEqual(['resolved', false]);
  say(100_001, 'nurse', 'acknowledge');
  expect(shown(100_001)).toEqual(['closed', false]);
});

test('an alert that is worse rings although it was acknowledged, taken, paused or closed', () => {
  for (const type of ['acknowledge', 'accept', 'silence', 'close'] as const) {
    const { event, say, shown } = desk();
    event(0, { priority: 'medium' });
    expect(say(1, 'doctor', type).answer?.ok).toBe(true);
    event(2, { type: 'escalate', sequence: 2, priority: 'high' });
    expect(shown(2)).toEqual(['active', true]);
  }
});

test('an event that is newer than the end is heard: the condition is there', () => {
  const { event, shown } = desk();
  event(0, { type: 'end', sequence: 2, priority: 'low' });
  event(1, { type: 'end', sequence: 3, priority: 'low' });
  expect(shown(1)).toEqual(['resolved', false]);
  event(2, { type: 'update', sequence: 4, priority: 'low' });
  expect(shown(2)).toEqual(['active', true]);
});

test('a patient who is moved is asked of the new ward, and what was said of the alert stays', () => {
  const { event, say, shown } = desk();
  event(0, { priority: 'medium' });
  say(1, 'nurse', 'acknowledge');
  const { notifications, state } = event(2, { type: 'update', sequence: 2, ward: 'icu-2' });
  expect([state?.ward, asked(notifications), shown(2)]).toEqual(['icu-2', ['nurse'], ['acknowledged', false]]);
});

test('one who is not asked and cannot come passes nothing on', () => {
  const { event, say, nextS } = desk();
  event(0, { priority: 'medium' });
  expect(say(10, 'doctor', 'reject').notifications).toEqual([{ kind: 'retract', from: 'person', id: 'doctor-1' }]);
  expect(nextS()).toBe(180);
});

test('one who cannot come is told of it no more, and the next role is asked at once', () => {
  const { event, say, nextS } = desk();
  event(0, { priority: 'medium' });
  const { notifications, state } = say(10, 'nurse', 'reject');
  expect(notifications).toEqual([
    { kind: 'retract', from: 'person', id: 'nurse-1' },
    { kind: 'ask', to: { role: 'charge-nurse', id: null } },
  ]);
  expect([state?.declined, nextS()]).toEqual([['nurse-1'], 190]);
});

test('an idempotency key belongs to one command', () => {
  const { event, say } = desk();
  event(0, { priority: 'medium' });
  const { state } = say(1, 'nurse', 'acknowledge');
  const other = { type: 'silence', key: '1 acknowledge', who: { id: 'nurse-1', role: 'nurse' }, why: 'seen' } as const;
  const command = { ...other, atMs: 2 * S_MS, expectedVersion: state?.version ?? 0 };
  const { answer } = handle(state, { input: 'command', command }, DEFAULT_RULES);
  expect(answer).toEqual({ ok: false, code: 'key_reused' });
});

test.each([
  ['transitions', renderTransitions],
  ['permissions', renderPermissions],
])('the README shows the table of %s as it is', async (_name, render) => {
  expect(await readFile(new URL('README.md', import.meta.url), 'utf8')).toContain(render());
});
