// What one transaction does to the alerts of some patients, in memory: the rules, one input after the other, and what follows.
import { isMoreUrgent } from '../alerts/alert-kinds.ts';
import type { AlertEvent } from '../vitals/alert-event.ts';
import { handle } from './alert-lifecycle.ts';
import { type DeskAlert, type DeskFacts, isSeenTo, type UnassignedAlert } from './desk-alert.ts';
import type { AuditEntry, DeskInput, Outcome, StaffCommand } from './desk-input.ts';
import { type DeskRules, UNASSIGNED } from './desk-rules.ts';
import { type Grouping, NOTHING_RECENT } from './grouping.ts';
import { inhibitionChanges } from './inhibition.ts';
import type { NotificationRow } from './notification-row.ts';
import type { Role } from './roles.ts';
import { type RosterBook, rostersFrom } from './roster.ts';
import { unassignedEvent } from './routing.ts';
import { type Episode, superseded } from './superseding.ts';
import { type Told, tell } from './tell.ts';
import { nextDueAtMs } from './timers.ts';

/** What was read where the work begins: all open alerts of the patients, and those that are named. */
export interface DeskBefore {
  readonly alerts: readonly DeskAlert[];
  readonly groupings: ReadonlyMap<string, Grouping>;
  readonly rosters: RosterBook;
}

/** The alert is to be looked at again then. */
export interface TimerRow {
  readonly alertId: string;
  readonly dueAtMs: number;
}

/** What has to be written. */
export interface DeskChanges {
  readonly alerts: readonly DeskAlert[];
  readonly history: readonly AuditEntry[];
  readonly notifications: readonly NotificationRow[];
  readonly groupings: ReadonlyMap<string, Grouping>;
  readonly timers: readonly TimerRow[];
  /** Of which an alert has changed. */
  readonly wards: readonly string[];
}

export interface DeskWork {
  takeEvent(event: AlertEvent, traceparent: string): Outcome;
  obey(alertId: string, command: StaffCommand): Outcome;
  /** Whatever is due; of a timer that came too early, or that is not the alert's any more, nothing comes. */
  tick(timer: TimerRow): Outcome;
  find(alertId: string): DeskAlert | undefined;
  changes(): DeskChanges;
}

const ANSWERS: readonly string[] = ['acknowledge', 'accept'];

export function deskWork(before: DeskBefore, { rules, nowMs }: { rules: DeskRules; nowMs: number }): DeskWork {
  const alerts = new Map(before.alerts.map((alert) => [alert.state.alertId, alert]));
  const ofPatient = Map.groupBy(alerts.keys(), (id) => alerts.get(id)?.state.patientId ?? '');
  const groupings = new Map<string, Grouping>();
  const touched = new Map<string, DeskAlert | undefined>();
  const history: AuditEntry[] = [];
  const notifications: NotificationRow[] = [];
  const early: TimerRow[] = [];
  const rosterOf = rostersFrom(before.rosters);

  function keep(alert: DeskAlert, was: DeskAlert | undefined): void {
    const { alertId, patientId } = alert.state;
    if (!touched.has(alertId)) touched.set(alertId, was);
    if (was === undefined) ofPatient.set(patientId, [...(ofPatient.get(patientId) ?? []), alertId]);
    alerts.set(alertId, alert);
  }

  /** One input to one alert. What it tells waits: what explains it may come to light first. */
  function change(
    alertId: string,
    input: DeskInput,
    traceparent?: string,
  ): { outcome: Outcome; told: Told | undefined } {
    const was = alerts.get(alertId);
    const outcome = handle(was?.state, input, rules);
    const { state, audit } = outcome;
    if (state === undefined || audit.length === 0) return { outcome, told: undefined };
    history.push(...audit);
    const known = was?.facts ?? firstFacts(nowMs);
    const answered = audit.some(({ trigger }) => ANSWERS.includes(trigger)) ? nowMs : null;
    const facts: DeskFacts = {
      ...known,
      ...(input.input === 'event' ? saidBy(input.event) : {}),
      traceparent: traceparent ?? known.traceparent,
      updatedAtMs: nowMs,
      answeredAtMs: known.answeredAtMs ?? answered,
    };
    keep({ state, facts }, was);
    return { outcome, told: { alertId, isNew: was === undefined, outcome } };
  }

  /** One input and all that follows from it. */
  function step(alertId: string, input: DeskInput, traceparent?: string): Outcome {
    const { outcome, told } = change(alertId, input, traceparent);
    if (told === undefined || outcome.state === undefined) return outcome;
    const { patientId } = outcome.state;
    const all = () => (ofPatient.get(patientId) ?? []).flatMap((id) => alerts.get(id) ?? []);
    const tellings = [told];
    const follow = (inputs: ReadonlyMap<string, DeskInput>) => {
      for (const [id, caused] of inputs) {
        const follows = change(id, caused).told;
        if (follows !== undefined) tellings.push(follows);
      }
    };
    const alert = alerts.get(alertId);
    if (input.input === 'event' && alert) follow(superseded(episodeOf(alert), all().map(episodeOf), nowMs));
    follow(
      inhibitionChanges(
        all().map(({ state }) => state),
        nowMs,
      ),
    );
    for (const each of tellings) tellOf(each);
    for (const { alertId: id } of tellings) endAllUnassigned(id);
    return outcome;
  }

  function tellOf(told: Told): void {
    const alert = alerts.get(told.alertId);
    if (alert === undefined) return;
    const { patientId, ward, asked } = alert.state;
    const grouping = groupings.get(patientId) ?? before.groupings.get(patientId) ?? NOTHING_RECENT;
    const done = tell(alert, told, { grouping, roster: rosterOf(ward, asked.id !== null), rules, nowMs });
    if (done.grouping !== grouping) groupings.set(patientId, done.grouping);
    notifications.push(...done.rows);
    keep({ state: alert.state, facts: done.facts }, alert);
    for (const role of done.unassigned) beginUnassigned(told.alertId, role);
  }

  function setUnassigned({ state, facts }: DeskAlert, role: Role, now: UnassignedAlert): void {
    keep({ state, facts: { ...facts, unassigned: { ...facts.unassigned, [role]: now } } }, { state, facts });
  }

  function beginUnassigned(alertId: string, role: Role): void {
    const alert = alerts.get(alertId);
    if (alert === undefined || alert.state.rule === UNASSIGNED) return;
    const { state, facts } = alert;
    const known = facts.unassigned[role];
    if (known?.is === 'open') {
      if (!isMoreUrgent(state.priority, known.priority)) return;
      endUnassigned(alert, role, known);
    }
    const { priority } = state;
    const occurrence = (known?.occurrence ?? 0) + 1;
    const event = unassignedEvent(state, role, { type: 'start', sinceMs: nowMs, atMs: nowMs, occurrence });
    if (event === null) return;
    setUnassigned(alerts.get(alertId) ?? alert, role, { is: 'open', occurrence, priority });
    step(event.alertId, { input: 'event', event, atMs: nowMs }, facts.traceparent);
  }

  function endUnassigned(alert: DeskAlert, role: Role, known: UnassignedAlert): void {
    const { occurrence, priority } = known;
    setUnassigned(alert, role, { ...known, is: 'over' });
    const sinceMs = alert.facts.openedAtMs;
    const about = { ...alert.state, priority };
    const event = unassignedEvent(about, role, { type: 'end', sinceMs, atMs: nowMs, occurrence });
    // Closed by hand meanwhile: it is off the list.
    const phase = event && alerts.get(event.alertId)?.state.phase;
    if (event && phase !== undefined && phase !== 'closed') step(event.alertId, { input: 'event', event, atMs: nowMs });
  }

  function endAllUnassigned(alertId: string): void {
    const found = alerts.get(alertId);
    if (found === undefined || found.state.rule === UNASSIGNED || !isSeenTo(found.state, nowMs)) return;
    for (const [role, known] of Object.entries(found.facts.unassigned) as [Role, UnassignedAlert][]) {
      if (known.is === 'open') endUnassigned(alerts.get(alertId) ?? found, role, known);
    }
  }

  return {
    takeEvent: (event, traceparent) => step(event.alertId, { input: 'event', event, atMs: nowMs }, traceparent),
    obey: (alertId, command) => step(alertId, { input: 'command', command }),
    tick(timer) {
      const outcome = step(timer.alertId, { input: 'tick', atMs: nowMs });
      // Our clock is behind the one that woke us: what is not due yet is not lost.
      const isEarly = timer.dueAtMs > nowMs && outcome.state && nextDueAtMs(outcome.state) === timer.dueAtMs;
      if (isEarly && outcome.audit.length === 0) early.push(timer);
      return outcome;
    },
    find: (alertId) => alerts.get(alertId),
    changes() {
      const now = [...touched.keys()].flatMap((id) => alerts.get(id) ?? []);
      const wards = now.flatMap(({ state }) => [state.ward, touched.get(state.alertId)?.state.ward ?? state.ward]);
      const timers = now.flatMap(({ state }): TimerRow[] => {
        const was = touched.get(state.alertId);
        const dueAtMs = nextDueAtMs(state);
        const isOld = was !== undefined && nextDueAtMs(was.state) === dueAtMs;
        return dueAtMs === null || isOld ? [] : [{ alertId: state.alertId, dueAtMs }];
      });
      return {
        alerts: now,
        history,
        notifications,
        groupings,
        timers: [...timers, ...early],
        wards: [...new Set(wards)],
      };
    },
  };
}

const episodeOf = ({ state, facts }: DeskAlert): Episode => ({ state, onset: facts.onset });
const saidBy = ({ kind, detail, onset }: AlertEvent) => ({ kind, detail, onset });

const firstFacts = (nowMs: number): DeskFacts => ({
  ...{ kind: null, detail: {}, onset: '', openedAtMs: nowMs, updatedAtMs: nowMs },
  ...{ traceparent: '', isTold: false, told: [], unassigned: {}, answeredAtMs: null },
});
