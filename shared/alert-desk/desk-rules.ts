import type { Severity } from '../alerts/alert-kinds.ts';
import type { AlertEvent } from '../vitals/alert-event.ts';
import type { Role } from './roles.ts';

/** Of alerts that nobody is on duty for (routing.ts). */
export const UNASSIGNED = 'unassigned';
/** Of alerts that a delivery is behind (shared/alert-delivery/channel-alarm.ts). */
export const DELIVERY = 'delivery';

/**
 * What is said of the telling itself. Over, it needs nobody to look: kept on the list like a patient's, a station that is closed and
 * opened, or an evening without a roster, would fill it with alerts that say nothing.
 */
export const isOfTheDesk = ({ rule }: Pick<AlertEvent, 'rule'>): boolean => rule === UNASSIGNED || rule === DELIVERY;

/** What a hospital may set. */
export interface DeskRules {
  /** Who is asked has so long to acknowledge or accept; then the next role is asked. */
  readonly answerWithinMs: Readonly<Record<Severity, number>>;
  /** An acknowledged alert is quiet for so long; then it rings again. */
  readonly acknowledgedForMs: Readonly<Record<Severity, number>>;
  /** At most SILENCE_MS_MAX: more is cut off. */
  readonly silenceMs: number;
  /** An alert that is over stays on the list for so long, so that whoever comes running sees why. */
  readonly shownResolvedMs: number;
  /** Who is asked one after the other. The last is asked again and again. */
  readonly chains: Readonly<Record<AlertEvent['category'] | typeof UNASSIGNED, readonly [Role, ...Role[]]>>;
}

const S_MS = 1_000;
const MINUTE_MS = 60 * S_MS;

/** The longest pause of sound that a bedside monitor offers (IEC 60601-1-8, 6.8: a pause ends by itself). */
export const SILENCE_MS_MAX = 120 * S_MS;

/** Figures of a ward with a nurse for two to four patients; an audit of one's own ward is the place to take others from. */
export const DEFAULT_RULES: DeskRules = {
  answerWithinMs: { high: 60 * S_MS, medium: 180 * S_MS, low: 600 * S_MS },
  acknowledgedForMs: { high: 5 * MINUTE_MS, medium: 15 * MINUTE_MS, low: 60 * MINUTE_MS },
  silenceMs: SILENCE_MS_MAX,
  shownResolvedMs: 2 * MINUTE_MS,
  chains: {
    physiological: ['nurse', 'charge-nurse', 'doctor'],
    // Where no technician comes, who is at the bed can put an electrode back.
    technical: ['technician', 'nurse', 'charge-nurse'],
    unassigned: ['charge-nurse', 'doctor'],
  },
};

/** The roles that are asked about an alert, in order. */
export const chainOf = ({ rule, category }: Pick<AlertEvent, 'rule' | 'category'>, { chains }: DeskRules) =>
  chains[rule === UNASSIGNED ? UNASSIGNED : category];
