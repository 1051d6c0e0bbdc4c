import { describe, expect, test } from 'vitest';
import { anAlertItem } from '../testing/alert-items.ts';
import { channelsFile } from './channel-settings.ts';
import { type Addressed, channelsFor, isStillMeant, pauseAfter } from './delivery-rules.ts';
import { retryAfterMs } from './send-request.ts';

const CHANNELS = channelsFile
  .parse({
    channels: [
      { name: 'phones', type: 'webhook', url: 'https://a.example', secretEnv: 'A', roles: ['nurse', 'doctor'] },
      { name: 'pager', type: 'pagerduty', secretEnv: 'A', priorities: ['high'], wards: ['icu-1'] },
    ],
  })
  .map((one) => (one.type === 'station' ? one : { ...one, secret: '' }));
const ASK: Addressed = { kind: 'ask', ward: 'icu-1', role: 'nurse', priority: 'high', isLouder: true, toldOn: [] };

test.each<[Partial<Addressed>, string[]]>([
  [{}, ['station', 'phones', 'pager']],
  [{ role: 'technician' }, ['station', 'pager']],
  [{ role: null }, ['station', 'pager']],
  [{ priority: 'low' }, ['station', 'phones']],
  [{ ward: 'icu-2' }, ['station', 'phones']],
  [{ kind: 'retract', toldOn: ['phones', 'station'] }, ['phones']],
  [{ kind: 'retract' }, []],
  [{ isLouder: false }, ['phones']],
])('a notification with %j goes to %j', (change, names) => {
  expect(channelsFor({ ...ASK, ...change }, CHANNELS).map(({ name }) => name)).toEqual(names);
});

describe('at the moment of sending', () => {
  const owner = { id: 'ada', role: 'nurse' };
  test.each([
    [{}, true, true],
    [{ status: 'silenced' }, true, true],
    [{ status: 'acknowledged', answerBy: null }, false, false],
    // Seen by one, who has passed it on: whoever is asked now is told, though it makes no sound.
    [{ status: 'acknowledged' }, true, true],
    [{ status: 'accepted', owner }, false, true],
    [{ status: 'inhibited', inhibitedBy: '0d9f1b1e-6c1e-4d7a-9b55-000020261121' }, false, false],
    [{ phase: 'resolved', status: 'resolved' }, false, false],
    [{ phase: 'closed', status: 'closed' }, false, false],
  ] as const)('of an alert with %j: ask %j, remind %j', (change, asks, reminds) => {
    const alert = anAlertItem({ ...change, version: 2 });
    expect(isStillMeant({ kind: 'ask', version: 1 }, alert)).toBe(asks);
    expect(isStillMeant({ kind: 're-alarm', version: 1 }, alert)).toBe(asks);
    expect(isStillMeant({ kind: 'remind', version: 1 }, alert)).toBe(reminds);
    expect(isStillMeant({ kind: 'retract', version: 1 }, alert)).toBe(true);
  });
});

test('who has taken an alert and calls for somebody beside them is heard, until more is said', () => {
  const alert = anAlertItem({ status: 'accepted', owner: { id: 'ada', role: 'nurse' }, answerBy: null, version: 3 });
  expect(isStillMeant({ kind: 'ask', version: 3 }, alert)).toBe(true);
  expect(isStillMeant({ kind: 'ask', version: 2 }, alert)).toBe(false);
});

describe('the next attempt', () => {
  const retry = { attempts: 3, withinMs: 10_000 };
  const failed = { attempts: 1, ageMs: 0, retry, afterMs: null, random: 0.5 };
  test('comes after a pause that grows', () => {
    expect(pauseAfter(failed)).toBe(750);
    expect(pauseAfter({ ...failed, attempts: 2 })).toBe(1_250);
  });
  test('not before the receiver has asked for it', () => {
    expect(pauseAfter({ ...failed, afterMs: 4_000 })).toBe(4_000);
  });
  test.each([{ attempts: 3 }, { ageMs: 9_900 }, { afterMs: 10_000 }])('is given up at %j', (change) => {
    expect(pauseAfter({ ...failed, ...change })).toBe(null);
  });
});

test.each([
  [null, null],
  ['', null],
  ['2', 2_000],
  ['Sun, 01 Nov 2026 10:00:05 GMT', 5_000],
  ['Sun, 01 Nov 2026 09:00:00 GMT', 0],
  ['soon', null],
])('Retry-After %j is %j ms', (header, ms) => {
  expect(retryAfterMs(header, Date.parse('2026-11-01T10:00:00Z'))).toBe(ms);
});
