import type { AlertEvent } from './alert-event.ts';
import { settle } from './lifecycle.ts';
import { draftOf, type PatientState } from './patient-state.ts';
import type { ReadingProblem } from './reading.ts';

/** All that is remembered of a partition. */
export interface PartitionState {
  /** The stream's time: the latest arrival, in whole seconds, up to which time has been judged. */
  readonly clockMs: number;
  /** By patient; a second device of a patient's by both (`take-message.ts`). */
  readonly patients: ReadonlyMap<string, PatientState>;
}

export const EMPTY_PARTITION: PartitionState = { clockMs: 0, patients: new Map() };

export type Problem = ReadingProblem | 'too_many_patients';

/** A partition's next state while a batch is judged, and what is told. The state that it is made of stays as it is. */
export interface PartitionDraft {
  clockMs: number;
  readonly patients: ReadonlyMap<string, PatientState>;
  readonly events: AlertEvent[];
  /** Of each event, when that arrived which it was decided by. */
  readonly causedMs: number[];
  readonly problems: Map<Problem, number>;
  /** A copy that may be changed; undefined: there is no such patient. */
  patient(key: string): PatientState | undefined;
  add(key: string, patient: PatientState): void;
  /** Ends what is open of the patient, and forgets them. */
  remove(key: string, nowMs: number): void;
  tell(told: readonly AlertEvent[], arrivedMs: number): void;
  count(problem: Problem): void;
}

export function draftPartition(state: PartitionState): PartitionDraft {
  const patients = new Map(state.patients);
  const copied = new Set<string>();
  const draft: PartitionDraft = {
    clockMs: state.clockMs,
    patients,
    events: [],
    causedMs: [],
    problems: new Map(),
    patient(key) {
      const known = patients.get(key);
      if (known === undefined || copied.has(key)) return known;
      const copy = draftOf(known);
      patients.set(key, copy);
      copied.add(key);
      return copy;
    },
    add(key, patient) {
      patients.set(key, patient);
      copied.add(key);
    },
    remove(key, nowMs) {
      const patient = draft.patient(key);
      if (patient !== undefined) draft.tell(endAll(patient, nowMs), nowMs);
      patients.delete(key);
      copied.delete(key);
    },
    tell(told, arrivedMs) {
      for (const event of told) {
        draft.events.push(event);
        draft.causedMs.push(arrivedMs);
      }
    },
    count: (problem) => draft.problems.set(problem, (draft.problems.get(problem) ?? 0) + 1),
  };
  return draft;
}

function endAll(patient: PatientState, nowMs: number): AlertEvent[] {
  return Object.values(patient.open).flatMap(({ rule, within }) => {
    const finding = { condition: within, level: null, detail: { reason: 'the patient is no longer heard of' } };
    return settle(patient, rule, finding, { atMs: nowMs, kind: null });
  });
}
