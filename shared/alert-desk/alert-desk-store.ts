import type { AlertEvent } from '../vitals/alert-event.ts';
import { type AlertItem, itemOf } from './alert-item.ts';
import type { Actor, Addressee } from './alert-state.ts';
import type { Refusal } from './desk-input.ts';
import { patientsOf } from './desk-read-store.ts';
import { atDesk, type DeskCheckpoint, type DeskContext } from './desk-transaction-store.ts';
import type { TimerRow } from './desk-work.ts';
import type { CommandName } from './roles.ts';

/** An alert event as it came, with the trace that it belongs to. */
export interface TracedEvent {
  readonly event: AlertEvent;
  readonly traceparent: string;
}

interface TakenCounts {
  readonly taken: number;
  /** They came before, or something newer did: nothing changed. */
  readonly known: number;
}

/**
 * Takes what the alerter says, in this order; of what comes again, or late, nothing comes.
 * @throws TransientError as `atDesk`
 */
export async function takeEvents(
  batch: readonly TracedEvent[],
  { checkpoint, ...context }: DeskContext & { readonly checkpoint?: DeskCheckpoint | undefined },
): Promise<TakenCounts> {
  const events = batch.map(({ event }) => event);
  const scope = {
    patients: events.map(({ patientId }) => patientId),
    alertIds: [...new Set(events.map(({ alertId }) => alertId))],
    wards: events.map(({ ward }) => ward),
    people: [],
  };
  const run: Parameters<typeof atDesk<number>>[0]['run'] = (work) =>
    batch.filter(({ event, traceparent }) => work.takeEvent(event, traceparent).audit.length > 0).length;
  const taken = await atDesk({ scope: () => scope, run, otherwise: 0 }, context, checkpoint);
  const counts = { taken, known: batch.length - taken };
  for (const [outcome, count] of Object.entries(counts)) {
    if (count > 0) context.recordMetric('desk_events_total', count, { outcome });
  }
  return counts;
}

/** What staff say, before it is known what the alert is like. */
export interface Said {
  readonly type: CommandName;
  readonly key: string;
  readonly who: Actor;
  readonly why: string;
  readonly expectedVersion: number;
  /** Of `reroute`. */
  readonly to?: Addressee | undefined;
}

type Obeyed = { readonly ok: true; readonly item: AlertItem } | { readonly ok: false; readonly code: Refusal };

const NOT_FOUND: Obeyed = { ok: false, code: 'alert_not_found' };

/**
 * Carries out what is said of an alert, or refuses it; the same command sent again is carried out once.
 * @throws TransientError as `atDesk`
 */
export async function obeyCommand(alertId: string, { to, type, ...said }: Said, context: DeskContext): Promise<Obeyed> {
  const result = await atDesk<Obeyed>(
    {
      otherwise: NOT_FOUND,
      async scope(tx) {
        const [found] = await tx.query<{ patient_id: string }>(patientsOf([alertId]));
        const people = to?.id ? [to.id] : [];
        return found && { patients: [found.patient_id], alertIds: [alertId], wards: [], people };
      },
      run(work, atMs) {
        const command = type === 'reroute' ? { ...said, type, to: to ?? NOBODY, atMs } : { ...said, type, atMs };
        const { answer } = work.obey(alertId, command);
        const alert = work.find(alertId);
        if (alert === undefined) return NOT_FOUND;
        if (answer?.ok !== true) return { ok: false, code: answer?.code ?? 'alert_not_found' };
        return { ok: true, item: itemOf(alert.state, alert.facts, atMs) };
      },
    },
    context,
  );
  const outcome = result.ok ? 'done' : result.code;
  context.recordMetric('desk_commands_total', 1, { command: type, outcome });
  return result;
}

/** A reroute without whom it goes to goes to the first who answers for a ward; the route does not let it come to that. */
const NOBODY: Addressee = { role: 'charge-nurse', id: null };

/**
 * Looks at alerts again whose time has come; of a timer that is not the alert's any more, nothing comes.
 * @returns how many alerts changed
 * @throws TransientError as `atDesk`
 */
export async function takeTicks(timers: readonly TimerRow[], context: DeskContext): Promise<number> {
  const alertIds = [...new Set(timers.map(({ alertId }) => alertId))];
  return await atDesk(
    {
      otherwise: 0,
      async scope(tx) {
        const found = await tx.query<{ patient_id: string }>(patientsOf(alertIds));
        const patients = found.map(({ patient_id }) => patient_id);
        return patients.length === 0 ? undefined : { patients, alertIds: [], wards: [], people: [] };
      },
      run(work, nowMs) {
        const fired = timers.filter((timer) => work.tick(timer).audit.length > 0);
        for (const { dueAtMs } of fired) context.recordMetric('desk_timer_lateness_ms', Math.max(0, nowMs - dueAtMs));
        return fired.length;
      },
    },
    context,
  );
}
