import type { Severity } from '../../alerts/alert-kinds.ts';
import type { KindCode } from '../kinds.ts';
import type { PatientView } from '../patient-state.ts';
import type { Reading } from '../reading.ts';
import type { EffectiveThresholds } from '../thresholds.ts';

/** How bad a condition is, as long as it lasts. */
export interface Level {
  /** IEC 60601-1-8. */
  readonly priority: Severity;
  /** Epoch ms, of the device: when it began. Another onset is another alert. */
  readonly onsetMs: number;
  /** For people and for whoever looks afterwards: the value, the limit, the score. */
  readonly detail: Readonly<Record<string, string | number | null>>;
}

/** What a rule says of a condition: how bad it is now, or that it is not there (null). Of what it does not name, it says nothing. */
export interface Finding {
  /** `HR/high`, `news2`: within the rule. */
  readonly condition: string;
  readonly level: Level | null;
  /** With null: why it is over, where it is not for the better. */
  readonly detail?: Level['detail'];
}

/** Plain JSON, as it goes into a snapshot; a new object whenever it changes. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

interface Judgement<Memory extends Json> {
  readonly memory: Memory;
  readonly findings: readonly Finding[];
}

/** What a rule may look at, beside the reading and what it remembers itself. */
interface Circumstances {
  readonly patient: PatientView;
  readonly thresholds: EffectiveThresholds;
}

/**
 * A rule: pure, without clock or I/O, so that the same readings give the same findings whenever they are read again. It
 * remembers one thing a kind (`perKind`), or one thing a patient.
 */
export interface Rule<Memory extends Json = Json> {
  readonly name: string;
  /** Where the rule is from. */
  readonly source: string;
  /** `technical`: about the equipment, for a technician (IEC 60601-1-8, 3.36 and 3.2). */
  readonly category: 'physiological' | 'technical';
  readonly perKind: boolean;
  readonly kinds: readonly KindCode[];
  /** Judges a reading of one of its kinds, the newest of its kind. */
  judge?(memory: Memory | undefined, reading: Reading, circumstances: Circumstances): Judgement<Memory> | undefined;
  /** Judges that time has passed: once a second of the stream's time (epoch ms, of the broker). */
  tick?(patient: PatientView, nowMs: number): readonly Finding[];
}
