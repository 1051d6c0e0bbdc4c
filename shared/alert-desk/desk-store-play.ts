// Lives through a history with the store and with the model beside it, and compares what is left.
import { isDeepStrictEqual } from 'node:util';
import type { TestDatabase } from '../../localstack/testing/database.ts';
import { TransientError } from '../errors.ts';
import { takeOver } from '../idempotency/index.ts';
import type { Database, Statement, Transaction } from '../postgres/database.ts';
import type { AlertEvent } from '../vitals/alert-event.ts';
import { obeyCommand, takeEvents, takeTicks } from './alert-desk-store.ts';
import type { Addressee } from './alert-state.ts';
import {
  alertIdAt,
  type History,
  type ModelDesk,
  modelDesk,
  nextEvent,
  START_MS,
  type Step,
  TRACE,
} from './desk-store-model.ts';
import type { TimerRow } from './desk-work.ts';
import { putRoster } from './roster-store.ts';

const CONSUMER = 'publish-alerts/alerts-w0';
const recordMetric = () => undefined;
const REROUTED: Addressee = { role: 'charge-nurse', id: null };
const CHIEF = { id: 'chief', role: 'charge-nurse' };
const ANY = { mustExist: false, versions: null };
const TABLES = ['alerts', 'history', 'notifications', 'patients', 'wards', 'rosters', 'roster_changes'];
export const EMPTY = `TRUNCATE ${TABLES.map((name) => `alert_desk.${name}`).join(', ')}, idempotency.consumers,
  pgmq.q_alert_notifications, pgmq.q_alert_wards, pgmq.q_alert_timers CASCADE`;

/** What a mutant does to the statements of the store; undefined: leaves it out. */
export type Meddle = (statement: Statement) => Statement | undefined;

/** The database of a process that dies before this statement of its transaction, and that is meddled with. */
export function through(database: Database, meddle: Meddle, diesAt: number | null): Database {
  return {
    ...database,
    transaction: (work, deadline) =>
      database.transaction(async (tx) => {
        let sent = 0;
        const query: Transaction['query'] = async (statement) => {
          if (sent === diesAt) throw new TransientError('database_unavailable', 'The process died.');
          sent += 1;
          const meant = meddle(statement);
          return meant === undefined ? [] : tx.query(meant);
        };
        return work({ query });
      }, deadline),
  };
}

export interface Subject {
  readonly db: TestDatabase;
  readonly database: Database;
  readonly meddle: Meddle;
  /** The checkpoint moves first, in a transaction of its own. */
  readonly movesFirst?: boolean;
}

/** True where the database is as the model is. */
export async function agreesWithModel({ rosters, steps }: History, subject: Subject): Promise<boolean> {
  const { db, database, meddle, movesFirst = false } = subject;
  await db.pool.query(EMPTY);
  const { epoch } = await takeOver({ pool: db.pool, consumer: CONSUMER, lockTimeoutMs: 5_000 });
  for (const [ward, duties] of Object.entries(rosters)) {
    await putRoster({ ward, duties, who: CHIEF, reason: 'test', expected: ANY }, { database, recordMetric });
  }
  const model = modelDesk(new Map(Object.entries(rosters)));
  const stream: AlertEvent[] = [];
  const said = new Map<string, Parameters<typeof obeyCommand>[1]>();
  let nowMs = START_MS;

  const contextOf = (diesAt: number | null) => ({
    database: through(database, meddle, diesAt),
    recordMetric,
    clock: () => nowMs,
  });
  /** True: it was done; false: the process died, and nothing was. */
  async function unlessDead(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof TransientError) return false;
      throw error;
    }
  }

  async function positionOf(): Promise<number> {
    const { rows } = await db.pool.query('SELECT position FROM idempotency.consumers WHERE consumer = $1', [CONSUMER]);
    return Number(rows[0]?.position ?? 0);
  }

  async function take({ count, dies }: Extract<Step, { do: 'take' }>, start: number): Promise<void> {
    const batch = stream.slice(start, start + count);
    if (batch.length === 0) return;
    const checkpoint = { consumer: CONSUMER, epoch, position: BigInt(start + batch.length) };
    if (movesFirst) {
      await db.pool.query('UPDATE idempotency.consumers SET position = $1 WHERE consumer = $2', [
        checkpoint.position,
        CONSUMER,
      ]);
    }
    const traced = batch.map((event) => ({ event, traceparent: TRACE }));
    if (!(await unlessDead(() => takeEvents(traced, { ...contextOf(dies), checkpoint })))) return;
    model.at(nowMs, (work) => {
      for (const event of batch) work.takeEvent(event, TRACE);
    });
  }

  async function say({ place, type, role, behind, again, dies }: Extract<Step, { do: 'say' }>): Promise<boolean> {
    const alertId = alertIdAt(place);
    const expectedVersion = (model.alerts.get(alertId)?.state.version ?? 0) - behind;
    const fresh = {
      type,
      key: `key-${said.size}`,
      who: { id: `${role}-1`, role },
      why: 'seen',
      expectedVersion,
      to: REROUTED,
    };
    const command = (again ? said.get(alertId) : undefined) ?? fresh;
    said.set(alertId, command);
    let answer: Awaited<ReturnType<typeof obeyCommand>> | undefined;
    const isDone = await unlessDead(async () => {
      answer = await obeyCommand(alertId, command, contextOf(dies));
    });
    if (!isDone) return true;
    const { to, type: name, ...rest } = command;
    const wanted = model.at(nowMs, (work) => {
      const whole =
        name === 'reroute' ? { ...rest, type: name, to: REROUTED, atMs: nowMs } : { ...rest, type: name, atMs: nowMs };
      return work.obey(alertId, whole).answer;
    });
    return answer?.ok === true ? wanted?.ok === true : wanted?.ok === false && answer?.code === wanted.code;
  }

  /** All whose time has come; what a dying process has in its hands is there again. */
  async function tick(dies: number | null): Promise<void> {
    const { rows } = await db.pool.query<{ msg_id: string; message: TimerRow }>(
      `SELECT msg_id, message FROM pgmq.q_alert_timers WHERE (message->>'dueAtMs')::bigint <= $1 ORDER BY msg_id`,
      [nowMs],
    );
    const timers = rows.map(({ message }) => message);
    if (timers.length > 0 && !(await unlessDead(() => takeTicks(timers, contextOf(dies))))) return tick(null);
    await db.pool.query('DELETE FROM pgmq.q_alert_timers WHERE msg_id = ANY($1)', [rows.map(({ msg_id }) => msg_id)]);
    const due = model.due(nowMs);
    if (due.length > 0) {
      model.at(nowMs, (work) => {
        for (const timer of due) work.tick(timer);
      });
    }
  }

  let start = 0;
  for (const one of steps) {
    if (one.do === 'tell') stream.push(nextEvent(stream, one));
    else if (one.do === 'take') {
      await take(one, start);
      start = await positionOf();
    } else if (one.do === 'again') start = Math.max(0, start - one.back);
    else if (one.do === 'say') {
      if (!(await say(one))) return false;
    } else {
      nowMs += one.ms;
      await tick(one.dies);
    }
  }
  await take({ do: 'take', count: stream.length, dies: null }, await positionOf());
  if (stream.length > 0 && (await positionOf()) !== stream.length) return false;
  if (!stream.every(({ alertId }) => model.alerts.has(alertId))) return false;
  return await isSame(db, model);
}

const sorted = (texts: readonly string[]) => texts.toSorted();

/** States, each version once in the history, each notification once, with its message; every timer; every revision. */
async function isSame({ pool }: TestDatabase, model: ModelDesk): Promise<boolean> {
  const { rows: alerts } = await pool.query(
    'SELECT alert_id, version, phase, ward, state, facts FROM alert_desk.alerts',
  );
  const areStates =
    alerts.length === model.alerts.size &&
    alerts.every(({ alert_id, version, phase, ward, state, facts }) => {
      const wanted = model.alerts.get(alert_id);
      const columns = [version, phase, ward];
      return (
        isDeepStrictEqual({ state, facts }, wanted) &&
        isDeepStrictEqual(columns, [wanted?.state.version, wanted?.state.phase, wanted?.state.ward])
      );
    });
  if (!areStates) return false;
  const texts = async (text: string) => sorted((await pool.query<{ one: string }>(text)).rows.map(({ one }) => one));
  const history = await texts(
    `SELECT concat_ws(' ', alert_id, version, trigger, who_id, why) AS one FROM alert_desk.history`,
  );
  const wanted = model.history.map((entry) =>
    [entry.alertId, entry.version, entry.trigger, entry.who.id, entry.why].join(' '),
  );
  if (history.join() !== sorted(wanted).join()) return false;
  const ids = sorted(model.notifications.map(({ notificationId }) => notificationId)).join();
  const notifications = await texts(
    `SELECT concat_ws(' ', notification_id, role, array_to_string(people, '+'), via, told, group_count, is_louder) AS one
    FROM alert_desk.notifications`,
  );
  const meant = model.notifications.map(({ notificationId, role, people, via, told, groupCount, isLouder }) =>
    [notificationId, role, people.join('+'), via, told, groupCount, isLouder ? 't' : 'f']
      .filter((part) => part !== null)
      .join(' '),
  );
  if (notifications.join() !== sorted(meant).join()) return false;
  if ((await texts(`SELECT message->>'notificationId' AS one FROM pgmq.q_alert_notifications`)).join() !== ids)
    return false;
  const timers = await texts(
    `SELECT concat_ws(' ', message->>'alertId', message->>'dueAtMs') AS one FROM pgmq.q_alert_timers`,
  );
  const awaited = model.due(Number.POSITIVE_INFINITY).map(({ alertId, dueAtMs }) => `${alertId} ${dueAtMs}`);
  if (timers.join() !== sorted(awaited).join()) return false;
  const told = await texts(
    `SELECT concat_ws(' ', message->>'ward', message->>'revision') AS one FROM pgmq.q_alert_wards`,
  );
  const raised = [...model.revisions].flatMap(([ward, revision]) =>
    Array.from({ length: revision }, (_, index) => `${ward} ${index + 1}`),
  );
  return told.join() === sorted(raised).join();
}
