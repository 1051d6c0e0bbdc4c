import { z } from 'zod';
import { SEVERITIES, type Severity } from '../alerts/alert-kinds.ts';
import type { AlertEvent } from '../vitals/alert-event.ts';
import { type AlertState, rings, statusOf } from './alert-state.ts';
import { ROLES } from './roles.ts';

const STATUSES = [
  'unheard',
  'active',
  'acknowledged',
  'accepted',
  'silenced',
  'inhibited',
  'resolved',
  'closed',
] as const;
const severities = Object.keys(SEVERITIES) as [Severity, ...Severity[]];
const time = z.iso.datetime();
const person = z.object({ id: z.string(), role: z.string() });

/** An alert as stations and callers see it. Times are ISO 8601 of our clock, but for `onset`, which is the device's. */
export const alertItem = z.object({
  alertId: z.uuid(),
  version: z.int().meta({ description: 'what a command names in If-Match' }),
  patientId: z.string(),
  ward: z.string(),
  bed: z.string(),
  deviceId: z.string(),
  rule: z.string(),
  condition: z.string(),
  category: z.enum(['physiological', 'technical']),
  kind: z.string().nullable(),
  priority: z.enum(severities),
  phase: z.enum(['unheard', 'active', 'resolved', 'closed']),
  status: z.enum(STATUSES).meta({ description: 'what matters most of what holds at `at`' }),
  rings: z.boolean().meta({ description: 'to be heard at `at`' }),
  at: time.meta({ description: 'when status and rings were found so' }),
  onset: time,
  openedAt: time,
  updatedAt: time,
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  asked: z.object({ role: z.enum(ROLES), id: z.string().nullable() }),
  answerBy: time.nullable().meta({ description: 'then the next role is asked' }),
  acknowledgedUntil: time.nullable(),
  silencedUntil: time.nullable(),
  owner: person.nullable(),
  inhibitedBy: z.uuid().nullable(),
  isLatched: z.boolean(),
  closeAt: time.nullable(),
});
export type AlertItem = z.infer<typeof alertItem>;

/** What is known of an alert beside its state. */
export interface AlertFacts {
  readonly kind: AlertEvent['kind'];
  /** Of the newest event. */
  readonly detail: AlertEvent['detail'];
  readonly onset: string;
  readonly openedAtMs: number;
  readonly updatedAtMs: number;
}

const iso = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));

export function itemOf(state: AlertState, facts: AlertFacts, nowMs: number): AlertItem {
  const { alertId, version, patientId, ward, bed, deviceId, rule, condition, category, priority, phase } = state;
  const { asked, owner, inhibitedBy, isLatched } = state;
  return {
    ...{ alertId, version, patientId, ward, bed, deviceId, rule, condition, category, priority, phase },
    ...{ asked, owner, inhibitedBy, isLatched },
    kind: facts.kind,
    status: statusOf(state, nowMs),
    rings: rings(state, nowMs),
    at: iso(nowMs),
    onset: facts.onset,
    openedAt: iso(facts.openedAtMs),
    updatedAt: iso(facts.updatedAtMs),
    detail: facts.detail,
    answerBy: isoOrNull(state.answerByMs),
    acknowledgedUntil: isoOrNull(state.acknowledgedUntilMs),
    silencedUntil: isoOrNull(state.silencedUntilMs),
    closeAt: isoOrNull(state.closeAtMs),
  };
}

/** Seen, and asked of nobody: whoever passes an alert on after they have acknowledged it has others asked while it is quiet. */
export const isLeftAlone = ({ status, answerBy }: Pick<AlertItem, 'status' | 'answerBy'>): boolean =>
  status === 'acknowledged' && answerBy === null;

/**
 * What is retained under `station/{ward}/alerts`: all of a ward's alerts that are not closed. Each later one says everything
 * again, so that whichever comes repairs what was missed. Of two the one with the higher revision holds.
 */
export const wardSnapshot = z.object({
  ward: z.string(),
  revision: z.int(),
  at: time,
  alerts: z.array(alertItem),
});
export type WardSnapshot = z.infer<typeof wardSnapshot>;

/** Of the station's own topics. `heartbeat`: retained, that the way from reading to station is open, and until when it was. */
export const stationTopic = (ward: string, kind: 'alerts' | 'heartbeat' | 'receipts'): string =>
  `station/${ward}/${kind}`;
