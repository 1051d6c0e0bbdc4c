import type { AlertEvent } from '../vitals/alert-event.ts';

/** Who is asked, and who answers. */
export const ROLES = ['nurse', 'charge-nurse', 'doctor', 'technician'] as const;
export type Role = (typeof ROLES)[number];

export const COMMANDS = ['acknowledge', 'accept', 'reject', 'silence', 'close', 'escalate', 'reroute'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** Of which alerts a role may say it. */
type Scope = 'all' | 'technical' | 'none';

const EVERYTHING = {
  acknowledge: 'all',
  accept: 'all',
  reject: 'all',
  silence: 'all',
  close: 'all',
  escalate: 'all',
  reroute: 'all',
} as const satisfies Record<CommandName, Scope>;

/**
 * Who may say what. Closing takes an alert off the list although its condition goes on, and rerouting gives work to others:
 * both are for who answers for the ward. A nurse is done with an alert that is over by acknowledging it.
 */
export const PERMISSIONS: Readonly<Record<Role, Readonly<Record<CommandName, Scope>>>> = {
  nurse: { ...EVERYTHING, close: 'none', reroute: 'none' },
  'charge-nurse': EVERYTHING,
  doctor: EVERYTHING,
  technician: {
    acknowledge: 'technical',
    accept: 'technical',
    reject: 'technical',
    silence: 'technical',
    close: 'technical',
    escalate: 'technical',
    reroute: 'technical',
  },
};

const isRole = (role: string): role is Role => Object.hasOwn(PERMISSIONS, role);

/** @param role as a token says it: one that is none of ours may say nothing */
export function isAllowed(role: string, command: CommandName, category: AlertEvent['category']): boolean {
  if (!isRole(role)) return false;
  const scope = PERMISSIONS[role][command];
  return scope === 'all' || scope === category;
}
