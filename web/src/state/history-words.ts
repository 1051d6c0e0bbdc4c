import type { HistoryEntry, ToldEntry } from '../../../shared/alert-desk/alert-story.ts';
import { roleName } from './words.ts';

/** What each trigger (shared/alert-desk/transition-table.ts) is, said of whoever did it. */
const SAID: Readonly<Record<string, string>> = {
  worse: 'New, or worse',
  change: 'The condition changed',
  end: 'The condition ended',
  acknowledge: 'Acknowledged',
  accept: 'Taken',
  reject: 'Could not be taken',
  silence: 'Silenced',
  close: 'Closed',
  escalate: 'Escalated',
  reroute: 'Sent to somebody else',
  unanswered: 'Nobody answered: the next role was asked',
  acknowledgementOver: 'The acknowledgement is over: it rings again',
  silenceOver: 'The silence is over: it rings again',
  shownLongEnough: 'Left the list',
  inhibit: 'Explained by another alert',
  lift: 'No longer explained by another',
};

export const triggerText = (trigger: string): string => SAID[trigger] ?? trigger;

const BY_ITSELF = 'system';
/** Nobody, where the system did it. */
export const actorText = ({ who }: Pick<HistoryEntry, 'who'>): string =>
  who.role === BY_ITSELF ? '' : `${who.id}, ${roleName(who.role)}`;

const TOLD: Readonly<Record<ToldEntry['kind'], string>> = {
  ask: 'Asked',
  're-alarm': 'Asked again',
  remind: 'Reminded',
  retract: 'Taken back from',
};

export function toldText({ kind, role, people, told, groupCount }: ToldEntry): string {
  const whom = people.length > 0 ? people.join(', ') : role === null ? 'everyone' : roleName(role);
  return `${TOLD[kind]} ${whom}${told === 'group' && groupCount !== null ? ` (one of ${groupCount} at once)` : ''}`;
}
