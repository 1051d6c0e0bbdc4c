import type { Severity } from '../alerts/alert-kinds.ts';
import type { KindCode } from './kinds.ts';
import type { Json } from './rules/rule.ts';
import type { Validity } from './vitals-message.ts';

/** The newest reading of a kind. */
export interface Last {
  readonly atMs: number;
  readonly arrivedMs: number;
  readonly value: number | string | null;
  readonly validity: Validity;
  /** Of the newest one that had a value, good or bad; without any, of the first. */
  readonly valueAtMs: number;
  readonly valueArrivedMs: number;
}

/** An alert that has started and not ended. */
export interface OpenAlert {
  readonly alertId: string;
  readonly onsetMs: number;
  readonly priority: Severity;
  readonly kind: KindCode | null;
  /** Of the last event that was told of it. */
  readonly sequence: number;
  /** How many alerts of the condition there have been, with it. */
  readonly occurrence: number;
  /** Whose finding it is: the condition's name in two. */
  readonly rule: string;
  readonly within: string;
}

/** The latest alert of a condition that has ended. */
type EndedAlert = Readonly<Pick<OpenAlert, 'occurrence'>>;

/** What a rule may see of a patient. */
export interface PatientView {
  /** Of its conditions' names: of a second device's, `@` and the device; else empty. */
  readonly suffix: string;
  /** By rule and condition. */
  readonly open: Readonly<Record<string, OpenAlert>>;
  readonly sleep: 'awake' | 'asleep' | undefined;
  readonly last: Readonly<Partial<Record<KindCode, Last>>>;
  /** When anything that can be used last came from its monitor: broker's and device's time. */
  readonly heardMs: number;
  readonly heardAtMs: number;
  /** When anything came at all: broker's time. */
  readonly cameMs: number;
  /** When it was heard again after it had been silent: broker's and device's time. */
  readonly backMs: number;
  readonly backAtMs: number;
}

/** All that is remembered of a patient. It is changed only in a copy (`draftOf`), once a batch. */
export interface PatientState extends PatientView {
  readonly patientId: string;
  ward: string;
  bed: string;
  deviceId: string;
  sleep: 'awake' | 'asleep' | undefined;
  /** When that was last known: broker's time. */
  sleepMs: number;
  last: Partial<Record<KindCode, Last>>;
  heardMs: number;
  heardAtMs: number;
  cameMs: number;
  backMs: number;
  backAtMs: number;
  /** By rule, and by kind where the rule asks for it. */
  memory: Record<string, Json>;
  open: Readonly<Record<string, OpenAlert>>;
  ended: Readonly<Record<string, EndedAlert>>;
}

interface Admission extends Pick<PatientState, 'patientId' | 'ward' | 'bed' | 'deviceId' | 'suffix' | 'sleep'> {
  readonly arrivedMs: number;
}

export const newPatient = ({ arrivedMs, ...patient }: Admission): PatientState => ({
  ...patient,
  sleepMs: arrivedMs,
  last: {},
  heardMs: arrivedMs,
  heardAtMs: arrivedMs,
  cameMs: arrivedMs,
  backMs: 0,
  backAtMs: 0,
  memory: {},
  open: {},
  ended: {},
});

/** A copy that may be changed: what is in it is replaced, never changed itself; so are `open` and `ended`, which seldom change. */
export const draftOf = (state: PatientState): PatientState => ({
  ...state,
  last: { ...state.last },
  memory: { ...state.memory },
});
