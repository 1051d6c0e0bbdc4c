import type { PromiseKind } from './checker/index.ts';

/** What an experiment's load sends, in the words of its stage's users. */
interface SubjectWords {
  readonly one: string;
  readonly many: string;
  /** Whose they are: what order is kept within, and what the lost ones are listed by. */
  readonly owner: string;
  readonly owners: string;
  /** What becomes of one when all goes well, as a participle and as a sentence's end. */
  readonly delivered: string;
  readonly reached: string;
  /** And when not. */
  readonly lost: string;
  readonly neverReached: string;
  readonly id: string;
  readonly promises: Readonly<Record<PromiseKind | 'none', string>>;
}

/**
 * - `alerts`: sent by devices, delivered when staff are told.
 * - `purchases`: sent by clients under a key, delivered when an order is decided (confirmed or rejected).
 * - `events`: sent by clients, delivered when they have ended (processed, or given up on).
 */
const SUBJECTS = {
  alerts: {
    one: 'alert',
    many: 'alerts',
    owner: 'patient',
    owners: 'patients',
    delivered: 'delivered',
    reached: 'reached staff',
    lost: 'lost',
    neverReached: 'never reached staff',
    id: 'event id',
    promises: {
      'at-most-once': 'At most once: an alert may be lost, none may be delivered twice.',
      'at-least-once': 'At least once: every acknowledged alert is delivered, some perhaps more than once.',
      'exactly-once': 'Exactly-once effect: every acknowledged alert reaches staff, once.',
      none: 'No promise: what becomes of the alerts is counted, and not judged.',
    },
  },
  purchases: {
    one: 'purchase',
    many: 'purchases',
    owner: 'SKU',
    owners: 'SKUs',
    delivered: 'decided',
    reached: 'was decided',
    lost: 'not decided',
    neverReached: 'were never decided',
    id: 'idempotency key',
    promises: {
      'at-most-once': 'At most once: a purchase may be forgotten, none may become two orders.',
      'at-least-once': 'At least once: every accepted purchase becomes an order, some perhaps more than one.',
      'exactly-once': 'Exactly-once effect: every accepted purchase becomes one order, confirmed or rejected.',
      none: 'No promise: what becomes of the purchases is counted, and not judged.',
    },
  },
  events: {
    one: 'event',
    many: 'events',
    owner: 'patient',
    owners: 'patients',
    delivered: 'ended',
    reached: 'was processed or given up on',
    lost: 'not ended',
    neverReached: 'were neither processed nor given up on',
    id: 'event id',
    promises: {
      'at-most-once': 'At most once: an event may be forgotten, none may be processed twice.',
      'at-least-once': 'At least once: every accepted event comes to an end, some perhaps more than once.',
      'exactly-once': 'Exactly-once effect: every accepted event is processed once, or given up on once.',
      none: 'No promise: what becomes of the events is counted, and not judged.',
    },
  },
} as const satisfies Record<string, SubjectWords>;

export type SubjectName = keyof typeof SUBJECTS;
export const SUBJECT_NAMES = Object.keys(SUBJECTS) as SubjectName[];
export const wordsOf = (subject: SubjectName): SubjectWords => SUBJECTS[subject];
