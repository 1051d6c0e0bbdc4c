import type { AlertEvent } from '../vitals/alert-event.ts';
import type { Actor, Addressee, AlertState, AlertView } from './alert-state.ts';
import type { CommandName } from './roles.ts';

interface Said {
  /** Idempotency key: the same command sent again has the same. */
  readonly key: string;
  readonly who: Actor;
  readonly why: string;
  /** When it was taken, by our clock. */
  readonly atMs: number;
  /** The version that who says it has seen. */
  readonly expectedVersion: number;
}

/** What staff say of an alert. `reject`: I cannot take it; `reroute`: somebody else is to. */
export type StaffCommand =
  | (Said & { readonly type: Exclude<CommandName, 'reroute'> })
  | (Said & { readonly type: 'reroute'; readonly to: Addressee });

/** What can happen to an alert. `atMs` is our clock; an event's own time is the device's, which may be wrong. */
export type DeskInput =
  | { readonly input: 'event'; readonly event: AlertEvent; readonly atMs: number }
  | { readonly input: 'command'; readonly command: StaffCommand }
  | { readonly input: 'tick'; readonly atMs: number }
  /** From inhibition.ts. */
  | { readonly input: 'inhibit'; readonly by: string; readonly atMs: number }
  | { readonly input: 'lift'; readonly atMs: number }
  /** From superseding.ts. */
  | { readonly input: 'supersede'; readonly by: string; readonly atMs: number };

/** Why a command is not carried out. Stable: stations show it in their own words. */
export const REFUSALS = {
  alert_not_found: 'nothing has been heard of the alert',
  alert_closed: 'the alert is closed',
  alert_resolved: 'the condition is over: acknowledge or close it',
  role_forbidden: 'the role may not say this of such an alert',
  version_conflict: 'the alert has changed since it was looked at',
  key_reused: 'the idempotency key belongs to another command',
  already_quiet: 'it makes no sound: it is acknowledged or inhibited',
  accepted_by_another: 'somebody else has taken it',
  no_next_role: 'the last role is asked already',
  not_in_chain: 'the role that it is to go to is not asked about such alerts',
} as const;
export type Refusal = keyof typeof REFUSALS;

type CommandAnswer = { readonly ok: true; readonly version: number } | { readonly ok: false; readonly code: Refusal };

/** What is to be sent; who that is, routing.ts finds. */
export type Notification =
  /** Somebody has to answer; `re-alarm`: once more, and aloud. */
  | { readonly kind: 'ask' | 're-alarm'; readonly to: Addressee }
  /** To the one person who had taken it: it is theirs no longer, or rings again. */
  | { readonly kind: 'remind'; readonly id: string }
  | { readonly kind: 'retract'; readonly from: 'everyone' }
  | { readonly kind: 'retract'; readonly from: 'person' | 'all-but'; readonly id: string };

export interface AuditEntry {
  readonly alertId: string;
  /** The version that it led to. */
  readonly version: number;
  readonly trigger: string;
  readonly who: Actor;
  readonly why: string;
  readonly atMs: number;
  readonly from: AlertView;
  readonly to: AlertView;
}

export interface Outcome {
  readonly state: AlertState | undefined;
  /** Of a command. */
  readonly answer: CommandAnswer | null;
  /** One for each transition: none, where nothing has changed. */
  readonly audit: readonly AuditEntry[];
  readonly notifications: readonly Notification[];
}
