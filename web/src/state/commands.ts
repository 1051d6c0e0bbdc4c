// What staff may say of an alert from here, and what the answer means to them.
import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { COMMANDS, type CommandName, isAllowed, ROLES, type Role } from '../../../shared/alert-desk/roles.ts';
import type { Answer, ApiRequest } from '../live/api.ts';

interface CommandForm {
  readonly label: string;
  readonly hint: string;
  /** Without a reason it is refused. */
  readonly needsReason: boolean;
}

export const COMMAND_FORMS: Readonly<Record<CommandName, CommandForm>> = {
  acknowledge: { label: 'Acknowledge', hint: 'I have seen it. Quiet for a while.', needsReason: false },
  accept: { label: 'Take it', hint: 'I go. It goes on sounding until somebody silences it.', needsReason: false },
  silence: { label: 'Silence 2 min', hint: 'Sound off; others are still asked.', needsReason: false },
  reject: { label: 'Cannot take it', hint: 'The next role is asked at once.', needsReason: true },
  escalate: { label: 'Escalate', hint: 'Ask the next role now.', needsReason: true },
  reroute: { label: 'Send to …', hint: 'Ask another role or person instead.', needsReason: true },
  close: { label: 'Close', hint: 'Take it off the list although its cause may go on.', needsReason: true },
};

/** What is said of an alert that is over (shared/alert-desk/transition-table.ts). */
const WHEN_OVER: readonly CommandName[] = ['acknowledge', 'close'];

/** What this role may say of the alert now; anything else is not offered. */
export function offered(role: string, alert: AlertItem): readonly CommandName[] {
  const inPhase = alert.phase === 'resolved' ? WHEN_OVER : alert.phase === 'active' ? COMMANDS : [];
  return (Object.keys(COMMAND_FORMS) as CommandName[]).filter(
    (command) => inPhase.includes(command) && isAllowed(role, command, alert.category),
  );
}

/** Whom an alert can be sent to: who is asked about such alerts (shared/alert-desk/desk-rules.ts). */
export const rolesFor = ({ category }: AlertItem): readonly Role[] =>
  ROLES.filter((role) => (category === 'technical' ? role !== 'doctor' : role !== 'technician'));

/** One thing that somebody means to say once, however often it is sent. */
export interface Intention {
  /** Idempotency key: of the intention, not of the request. */
  readonly key: string;
  readonly command: CommandName;
  readonly alertId: string;
  /** The version that they have seen. */
  readonly version: number;
  readonly why: string;
  readonly to?: { readonly role: Role; readonly id: string | null };
}

export function requestOf({ key, command, alertId, version, why, to }: Intention): ApiRequest {
  return {
    method: 'POST',
    path: `/alerts/${alertId}/${command}`,
    headers: { 'if-match': `"${version}"`, 'idempotency-key': `"${key}"` },
    body: { ...(why === '' ? {} : { why }), ...(to === undefined ? {} : { to }) },
  };
}

/** Codes of refusals (shared/alert-desk/desk-input.ts) in the words of a ward. */
const REFUSALS: Readonly<Record<string, string>> = {
  alert_not_found: 'This alert is not known any more.',
  alert_closed: 'Somebody has closed this alert already.',
  alert_resolved: 'The condition is over. Acknowledge it.',
  role_forbidden: 'Your role may not do this with such an alert.',
  version_conflict: 'Changed by somebody since you looked. Look again, then decide.',
  already_quiet: 'It makes no sound already.',
  accepted_by_another: 'Somebody else has taken it.',
  no_next_role: 'Nobody stands above who is asked already.',
  not_in_chain: 'That role is not asked about such alerts.',
  unauthorized: 'You are not signed in any more.',
  request_in_flight: 'It is on its way already.',
  too_many_requests: 'Too much at once. Wait a moment.',
};

export type Spoken = { readonly is: 'done' | 'again' | 'refused'; readonly text: string };

/** `again`: the same intention may be sent again, and happens once. */
export function spoken(answer: Answer<AlertItem>): Spoken {
  switch (answer.outcome) {
    case 'done':
      return { is: 'done', text: 'Done.' };
    case 'away':
      return { is: 'again', text: 'The server did not answer. Send it again: it counts once.' };
    case 'refused':
      return { is: 'refused', text: REFUSALS[answer.code] ?? (answer.detail || 'The server refused it.') };
  }
}
