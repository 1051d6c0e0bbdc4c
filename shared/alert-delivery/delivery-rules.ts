// What becomes of a delivery: to which channels a notification goes, whether it is still meant, and when it is tried again.
import { fullJitterMs } from '../../localstack/triggers/jitter.ts';
import { type AlertItem, isLeftAlone } from '../alert-desk/alert-item.ts';
import type { Severity } from '../alerts/alert-kinds.ts';
import type { Channel } from './read-channels.ts';
import type { Notice } from './told-alert.ts';

/** Of a notification, what decides where it goes. */
export interface Addressed {
  readonly kind: Notice['kind'];
  readonly ward: string;
  readonly role: string | null;
  readonly priority: Severity;
  /** False: it only replaces what is shown of its group. */
  readonly isLouder: boolean;
  /** Channels that were told of the alert before. */
  readonly toldOn: readonly string[];
}

/** Where what is not to be heard is of use: on a pager it would be one more. */
const SHOWS: readonly Channel['type'][] = ['webhook', 'alertmanager'];

const takes = (allowed: readonly string[] | undefined, one: string | null) =>
  allowed === undefined || (one !== null && allowed.includes(one));

/**
 * Who was told that they have to come is told when they need not, and nobody else. A station shows what holds anyway: that it
 * has taken something off the screen need not be confirmed.
 */
export function channelsFor(
  { kind, ward, role, priority, isLouder, toldOn }: Addressed,
  channels: readonly Channel[],
): Channel[] {
  return channels.filter((channel) => {
    if (kind === 'retract') return channel.type !== 'station' && toldOn.includes(channel.name);
    if (!isLouder && !SHOWS.includes(channel.type)) return false;
    return takes(channel.wards, ward) && takes(channel.roles, role) && takes(channel.priorities, priority);
  });
}

/**
 * Whether it is to be sent now, by the alert as it is now: nobody is asked any more about what is answered, explained by another
 * alert, or over. That somebody need not come is always said.
 */
export function isStillMeant({ kind, version }: Pick<Notice, 'kind' | 'version'>, alert: AlertItem): boolean {
  if (kind === 'retract') return true;
  if (alert.phase !== 'active' || alert.inhibitedBy !== null) return false;
  // Nothing was said since: whoever passes on what they have taken themselves calls for somebody beside them.
  if (version >= alert.version) return true;
  if (isLeftAlone(alert)) return false;
  // A reminder is for who has taken it, or had.
  return kind === 'remind' || alert.owner === null;
}

/** From a second, so that a blip costs little, to half a minute, so that who is down is not held there. */
const PAUSE = { minimumMs: 500, maximumMs: 30_000 };
/** A station that is open says so within a second; then the ward is pushed again. */
export const RECEIPT_WITHIN_MS = 5_000;

interface Failed {
  /** This one included. */
  readonly attempts: number;
  /** Since the delivery was made. */
  readonly ageMs: number;
  readonly retry: Channel['retry'];
  /** What the receiver has asked for. */
  readonly afterMs: number | null;
  /** In [0, 1). */
  readonly random: number;
}

/** The pause before the next attempt; null: there is none. A receiver that wants to be left alone for longer than is left is given up on. */
export function pauseAfter({ attempts, ageMs, retry, afterMs, random }: Failed): number | null {
  const pauseMs = Math.max(afterMs ?? 0, fullJitterMs(attempts, PAUSE, random));
  return attempts < retry.attempts && ageMs + pauseMs < retry.withinMs ? pauseMs : null;
}
