import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../localstack/testing/database.ts';
import type { AccessRole } from '../../shared/access/principal.ts';
import { EMPTY } from '../../shared/alert-desk/desk-store-play.ts';
import { eventOf } from '../../shared/alert-desk/lifecycle-model.ts';
import type { CommandName } from '../../shared/alert-desk/roles.ts';
import type { HttpHandler } from '../../shared/http/http-handler.ts';
import { nameUuid } from '../../shared/name-uuid.ts';
import { type HttpEventParts, httpEvent, problemIn } from '../../shared/testing/http-event.ts';
import { releaseDatabase, useDatabase } from '../testing/against-database.ts';
import { handler as accept } from './accept-alert.ts';
import { handler as acknowledge } from './acknowledge-alert.ts';
import { handler as close } from './close-alert.ts';
import { handler as escalate } from './escalate-alert.ts';
import { handler as getStory } from './get-alert-story.ts';
import { handler as getWardRoster } from './get-ward-roster.ts';
import { handler as listAlerts } from './list-alerts.ts';
import { handler as publish } from './publish-alerts.ts';
import { handler as putRoster } from './put-roster.ts';
import { handler as putWardRoster } from './put-ward-roster.ts';
import { handler as readStatistics } from './read-alert-statistics.ts';
import { handler as readHandover } from './read-handover.ts';
import { handler as reject } from './reject-alert.ts';
import { handler as reroute } from './reroute-alert.ts';
import { handler as silence } from './silence-alert.ts';
import { handler as tick } from './tick-alerts.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await useDatabase(db.url);
});
afterEach(() => db.pool.query(EMPTY));
afterAll(async () => {
  await releaseDatabase();
  await db.drop();
});

const NAMESPACE = Buffer.alloc(16);
const idOf = (name: string) => nameUuid(NAMESPACE, name);
const ALERT = idOf('alert');
const HANDLERS = { acknowledge, accept, reject, silence, close, escalate, reroute };
const SHIFT = { from: '2020-01-01T00:00:00.000Z', until: '2100-01-01T00:00:00.000Z' };
const STAFFED = {
  assigned: [
    { personId: 'anna', role: 'nurse', ...SHIFT },
    { personId: 'carl', role: 'charge-nurse', ...SHIFT },
  ],
  onCall: [{ personId: 'dora', role: 'doctor', ...SHIFT }],
};
const WHO: Record<AccessRole, string> = {
  nurse: 'anna',
  'charge-nurse': 'carl',
  doctor: 'dora',
  technician: 'tom',
  admin: 'root',
  device: 'mon-1',
};

type Parts = HttpEventParts & { role?: AccessRole | null };

const ask = (handler: HttpHandler, { role = 'nurse', ...parts }: Parts = {}) =>
  handler(httpEvent({ ...parts, principal: role === null ? null : { id: WHO[role], role } }));
const json = (answer: { body?: string | undefined }) => JSON.parse(answer.body ?? '');
/** What a handler answers, after a check that it is what its route says. */
async function read(handler: HttpHandler, parts: Parts = {}) {
  const answer = await ask(handler, parts);
  expect(answer.statusCode, answer.body).toBe(200);
  expect(handler.route.answers[200]?.parse(json(answer))).toEqual(json(answer));
  return json(answer);
}

let keys = 0;
function say(type: CommandName, version: number | string, parts: Parts & { id?: string; key?: string } = {}) {
  const { id = ALERT, key, body, headers, ...rest } = parts;
  keys += 1;
  const to = type === 'reroute' ? { to: { role: 'doctor' } } : {};
  return ask(HANDLERS[type], {
    method: 'POST',
    params: { alertId: id },
    body: body ?? JSON.stringify({ why: 'seen at the bed', ...to }),
    headers: { 'if-match': `"${version}"`, 'idempotency-key': key ?? `key-${keys}`, ...headers },
    ...rest,
  });
}

const tell = (...changes: Parameters<typeof eventOf>[0][]) =>
  publish({
    Records: changes.map((change, index) => {
      const event = eventOf({ eventId: idOf(`event ${index}`), alertId: ALERT, ...change });
      const data = Buffer.from(JSON.stringify(event)).toString('base64');
      return { kinesis: { data, sequenceNumber: String(index), partitionKey: event.patientId } };
    }),
  });
const staff = () => put(putWardRoster, STAFFED);
const put = (handler: HttpHandler, duties: object, parts: Parts = {}) =>
  ask(handler, {
    method: 'PUT',
    params: { ward: 'icu-1' },
    body: JSON.stringify({ ...duties, reason: 'night shift' }),
    role: 'charge-nurse',
    ...parts,
  });

describe('commands', () => {
  test('each is carried out, answered with the alert and its version, and stands in the history', async () => {
    await staff();
    await tell({ priority: 'high' });
    const done: [CommandName, AccessRole, object][] = [
      ['accept', 'nurse', { status: 'accepted', rings: true, owner: { id: 'anna', role: 'nurse' } }],
      ['silence', 'nurse', { status: 'accepted', rings: false }],
      ['reject', 'nurse', { owner: null, asked: { role: 'charge-nurse', id: null } }],
      ['escalate', 'charge-nurse', { asked: { role: 'doctor', id: null } }],
      ['reroute', 'doctor', { asked: { role: 'doctor', id: null } }],
      ['acknowledge', 'doctor', { status: 'acknowledged', rings: false }],
      ['close', 'doctor', { status: 'closed', phase: 'closed' }],
    ];
    for (const [index, [type, role, shown]] of done.entries()) {
      const answer = await say(type, index + 1, { role });
      expect(answer, `${type}: ${answer.body}`).toMatchObject({ statusCode: 200, headers: { etag: `"${index + 2}"` } });
      expect(HANDLERS[type].route.answers[200]?.parse(json(answer))).toMatchObject({ version: index + 2, ...shown });
    }
    const { history, notifications, version } = await read(getStory, { params: { alertId: ALERT } });
    expect(version).toBe(8);
    expect(history.map((entry: { trigger: string }) => entry.trigger)).toEqual([
      'worse',
      ...done.map(([type]) => type),
    ]);
    expect(history[1]).toMatchObject({ who: { id: 'anna', role: 'nurse' }, why: 'seen at the bed', version: 2 });
    expect(notifications[0]).toMatchObject({
      kind: 'ask',
      role: 'nurse',
      people: ['anna'],
      via: 'assignment',
      version: 1,
    });
  });

  test('why is text and stays text: what looks like script or SQL is given back as it came', async () => {
    await tell({});
    const why = `<script>alert('1')</script>'; DROP TABLE alert_desk.alerts; -- \u{1F494}\n"`;
    expect((await say('acknowledge', 1, { body: JSON.stringify({ why }) })).statusCode).toBe(200);
    const { history } = await read(getStory, { params: { alertId: ALERT } });
    expect(history[1].why).toBe(why);
  });

  test('sent again it gets its answer again; under its key another is refused', async () => {
    await tell({});
    const first = await say('accept', 1, { key: 'one' });
    const again = await say('accept', 1, { key: 'one' });
    expect([first.statusCode, again.statusCode, json(again).version]).toEqual([200, 200, 2]);
    expect(problemIn(await say('silence', 2, { key: 'one' }))).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
  });

  test('of two nurses at once one is answered 200, the other 412', async () => {
    await tell({});
    const both = await Promise.all([say('accept', 1), say('silence', 1)]);
    expect(both.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 412]);
  });

  test.each<[string, number, string, () => ReturnType<typeof say>]>([
    ['of a version that is over', 412, 'version_conflict', () => say('accept', 7)],
    ['of no version of ours', 412, 'version_conflict', () => say('accept', 1, { headers: { 'if-match': 'W/"1"' } })],
    ['of any version', 428, 'version_required', () => say('accept', 1, { headers: { 'if-match': '*' } })],
    ['of two versions', 428, 'version_required', () => say('accept', 1, { headers: { 'if-match': '"1", "2"' } })],
    ['without a key', 400, 'idempotency_key_missing', () => say('accept', 1, { headers: { 'idempotency-key': '' } })],
    ['without a reason', 400, 'validation_failed', () => say('escalate', 1, { body: '{}' })],
    [
      'with too much of a reason',
      400,
      'validation_failed',
      () => say('silence', 1, { body: `{"why":"${'x'.repeat(501)}"}` }),
    ],
    ['with U+0000', 400, 'validation_failed', () => say('silence', 1, { body: '{"why":"\\u0000"}' })],
    ['to nobody', 400, 'validation_failed', () => say('reroute', 1, { role: 'doctor', body: '{"why":"go"}' })],
    [
      'to a role that is not asked',
      409,
      'not_in_chain',
      () => say('reroute', 1, { role: 'doctor', body: '{"why":"go","to":{"role":"technician"}}' }),
    ],
    ['by a nurse that only others may give', 403, 'role_forbidden', () => say('close', 1)],
    ['by an admin', 403, 'role_forbidden', () => say('acknowledge', 1, { role: 'admin' })],
    ['by a technician of a patient', 403, 'role_forbidden', () => say('accept', 1, { role: 'technician' })],
    ['by a device', 403, 'role_forbidden', () => say('accept', 1, { role: 'device' })],
    ['by nobody', 401, 'unauthorized', () => say('accept', 1, { role: null })],
    ['of an alert that nobody knows', 404, 'alert_not_found', () => say('accept', 1, { id: idOf('other') })],
    ['of no alert', 400, 'validation_failed', () => say('accept', 1, { id: 'x' })],
  ])('one %s is refused: %i %s', async (_which, status, code, command) => {
    await tell({});
    expect(problemIn(await command())).toMatchObject({ status, code });
  });

  test('what is closed, over, taken, quiet or with the last already says so', async () => {
    const refused = async (type: CommandName, version: number, role: AccessRole) =>
      problemIn(await say(type, version, { role })).code;
    await tell({});
    await say('accept', 1);
    expect(await refused('accept', 2, 'doctor')).toBe('accepted_by_another');
    await say('acknowledge', 2);
    expect(await refused('silence', 3, 'nurse')).toBe('already_quiet');
    await say('escalate', 3);
    await say('escalate', 4);
    expect(await refused('escalate', 5, 'nurse')).toBe('no_next_role');
    await tell({ type: 'end', sequence: 2 });
    expect(await refused('accept', 6, 'nurse')).toBe('alert_resolved');
    await say('close', 6, { role: 'doctor' });
    expect(await refused('acknowledge', 7, 'nurse')).toBe('alert_closed');
  });
});

describe('events and timers', () => {
  test('what cannot be read is refused alone; what speaks for another patient, too', async () => {
    const { batchItemFailures } = await tell({}, { alertId: 'no uuid', sequence: 2 });
    expect(batchItemFailures).toMatchObject([{ itemIdentifier: '1', error: { code: 'poison_record' } }]);
    const { alerts } = await read(listAlerts, { query: { patientId: 'p-1' } });
    expect(alerts.map(({ alertId }: { alertId: string }) => alertId)).toContain(ALERT);
  });

  test('a timer whose time has come is looked at; one that is none is refused', async () => {
    await tell({});
    await db.pool.query(
      `UPDATE alert_desk.alerts SET state = jsonb_set(state, '{answerByMs}', to_jsonb(1)) WHERE alert_id = $1`,
      [ALERT],
    );
    const records = [{ alertId: ALERT, dueAtMs: 1 }, { alertId: 'x' }].map((message, index) => ({
      messageId: String(index + 1),
      body: JSON.stringify(message),
    }));
    const answer = await tick({ Records: records } as unknown as Parameters<typeof tick>[0]);
    expect(answer.batchItemFailures).toMatchObject([{ itemIdentifier: '2', error: { code: 'poison_record' } }]);
    const { history } = await read(getStory, { params: { alertId: ALERT } });
    expect(history.at(-1)).toMatchObject({ trigger: 'unanswered', who: { id: 'clock', role: 'system' } });
  });
});

describe('lists', () => {
  const many = Array.from({ length: 7 }, (_, index) => ({
    alertId: idOf(`many ${index}`),
    condition: `threshold/${index}`,
    priority: index % 2 === 0 ? ('high' as const) : ('low' as const),
    bed: `bed-0${index % 3}`,
  }));
  const ids = async (query: Record<string, string>) =>
    (await read(listAlerts, { query })).alerts.map(({ alertId }: { alertId: string }) => alertId);

  test('pages show every alert once, the newest first; filters narrow them', async () => {
    await staff();
    await put(putRoster, { assigned: [], onCall: [{ personId: 'tom', role: 'technician', ...SHIFT }] }, { params: {} });
    await tell(...many.map((change, index) => ({ ...change, eventId: idOf(`e ${index}`) })));
    const newest = many.map(({ alertId }) => alertId).toReversed();
    const first = await read(listAlerts, { query: { ward: 'icu-1', limit: '4' } });
    expect(first.alerts).toHaveLength(4);
    const rest = await read(listAlerts, { query: { ward: 'icu-1', limit: '4', cursor: first.nextCursor } });
    expect([...first.alerts, ...rest.alerts].map(({ alertId }) => alertId)).toEqual(newest.slice(0, 8));
    expect(rest.nextCursor).toBeUndefined();
    expect(await ids({ priority: 'low' })).toHaveLength(3);
    expect(await ids({ ward: 'icu-2' })).toEqual([]);
    await say('close', 1, { id: newest[0] ?? '', role: 'doctor' });
    expect([await ids({}), await ids({ status: 'all', patientId: 'p-1' })]).toEqual([newest.slice(1), newest]);
  });

  test('statistics: alerts a bed and day, by rule, how many were answered and how soon', async () => {
    await staff();
    await tell(...many.map((change, index) => ({ ...change, eventId: idOf(`e ${index}`) })));
    await say('accept', 1, { id: many[0]?.alertId ?? '' });
    await say('escalate', 1, { id: many[1]?.alertId ?? '' });
    const { beds, rules, ...all } = await read(readStatistics, { query: { ward: 'icu-1', hours: '12' } });
    expect(all).toMatchObject({
      alerts: 7,
      acknowledgedShare: 1 / 7,
      escalations: 1,
      responseP95S: all.responseMedianS,
    });
    expect(all.alertsABedAndDay).toBeCloseTo((7 / 3) * 2);
    expect(beds.map(({ bed, alerts }: { bed: string; alerts: number }) => [bed, alerts])).toEqual([
      ['bed-00', 3],
      ['bed-01', 2],
      ['bed-02', 2],
    ]);
    expect(rules).toMatchObject([
      { rule: 'threshold', priority: 'high', alerts: 4, acknowledgedShare: 0.25 },
      { rule: 'threshold', priority: 'low', alerts: 3, escalations: 1 },
    ]);
    expect(await read(readStatistics, { query: { ward: 'icu-9' } })).toMatchObject({
      alerts: 0,
      alertsABedAndDay: null,
    });
  });

  test('hand-over: what goes on with what was done, what was closed and why, who answered', async () => {
    await staff();
    await tell(...many.slice(0, 3).map((change, index) => ({ ...change, eventId: idOf(`e ${index}`) })));
    const [one, two] = many.map(({ alertId }) => alertId);
    await say('accept', 1, { id: one ?? '' });
    await say('close', 1, { id: two ?? '', role: 'charge-nurse' });
    const { open, closed, people, beds } = await read(readHandover, { query: { ward: 'icu-1' } });
    expect(open).toMatchObject([
      { alertId: one, owner: { id: 'anna' }, history: [{ trigger: 'worse' }, { trigger: 'accept' }] },
      { alertId: many[2]?.alertId },
    ]);
    expect(closed).toMatchObject([{ alertId: two, closing: { who: { id: 'carl' }, why: 'seen at the bed' } }]);
    expect(people).toEqual([
      { id: 'anna', role: 'nurse', commands: { accept: 1 } },
      { id: 'carl', role: 'charge-nurse', commands: { close: 1 } },
    ]);
    expect(beds).toEqual([
      { bed: 'bed-00', open: 1, begun: 1, closed: 0 },
      { bed: 'bed-01', open: 0, begun: 1, closed: 1 },
      { bed: 'bed-02', open: 1, begun: 1, closed: 0 },
    ]);
  });
});

describe('rosters', () => {
  const get = () => read(getWardRoster, { params: { ward: 'icu-1' } });

  test('one that nobody has put is empty; what is put is read, with its version as ETag', async () => {
    expect(await get()).toMatchObject({ ward: 'icu-1', version: 0, assigned: [], onCall: [] });
    const first = await put(putWardRoster, STAFFED, { headers: { 'if-match': '"0"' } });
    expect(first).toMatchObject({ statusCode: 200, headers: { etag: '"1"' } });
    expect(await get()).toMatchObject({ version: 1, updatedBy: 'carl', reason: 'night shift' });
    expect((await get()).assigned[1]).toMatchObject({ personId: 'carl', bed: null });
    expect(problemIn(await put(putWardRoster, STAFFED, { headers: { 'if-match': '"0"' } }))).toMatchObject({
      status: 412,
      code: 'version_conflict',
    });
    expect((await put(putWardRoster, STAFFED, { headers: { 'if-match': '*' } })).statusCode).toBe(200);
    const { rows } = await db.pool.query(
      'SELECT version, changed_by, before FROM alert_desk.roster_changes ORDER BY 1',
    );
    expect(rows).toMatchObject([
      { version: 1, changed_by: 'carl', before: null },
      { version: 2, before: {} },
    ]);
  });

  test('of two who put one at once the second has to read it first', async () => {
    const both = await Promise.all([1, 2].map(() => put(putWardRoster, STAFFED, { headers: { 'if-match': '"0"' } })));
    expect(both.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 412]);
  });

  test('a nurse puts none, and a turn ends after it begins', async () => {
    expect(problemIn(await put(putWardRoster, STAFFED, { role: 'nurse' }))).toMatchObject({ code: 'role_forbidden' });
    const backwards = { personId: 'x', role: 'nurse', from: SHIFT.until, until: SHIFT.from };
    const answer = await put(putWardRoster, { assigned: [backwards], onCall: [] });
    expect(problemIn(answer)).toMatchObject({ code: 'validation_failed', errors: [{ path: 'assigned.0.until' }] });
  });
});
