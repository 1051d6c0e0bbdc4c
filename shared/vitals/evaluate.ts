// The alerter without I/O: a partition's patients, and the readings that come for them.
import type { AlertEvent } from './alert-event.ts';
import { KINDS, type KindCode, SLEEP_STATUS } from './kinds.ts';
import { conditionName, settle } from './lifecycle.ts';
import { draftOf, type Last, newPatient, type PatientState } from './patient-state.ts';
import { type Reading, type ReadingProblem, readReading } from './reading.ts';
import { RULES } from './rules/index.ts';
import type { EffectiveThresholds } from './thresholds.ts';
import type { VitalsMessage } from './vitals-message.ts';

const SECOND_MS = 1_000;
/** Nothing of a patient for so long: gone home, or moved. The state goes, and what was open of it ends. */
const FORGOTTEN_AFTER_MS = 6 * 3_600_000;
/** Of a partition: more than a hospital has beds. Ids that somebody makes up are not to fill the memory. */
const PATIENTS_MAX = 5_000;

/** What came, in the order of the stream. `arrivedMs`: epoch ms of the broker. */
export type Arrival =
  | { readonly message: VitalsMessage; readonly arrivedMs: number }
  | { readonly pulse: true; readonly arrivedMs: number };

/** All that is remembered of a partition. */
export interface PartitionState {
  /** The stream's time: the latest arrival, in whole seconds, up to which time has been judged. */
  readonly clockMs: number;
  readonly patients: ReadonlyMap<string, PatientState>;
}

export const EMPTY_PARTITION: PartitionState = { clockMs: 0, patients: new Map() };

type Problem = ReadingProblem | 'too_many_patients';

export interface Evaluated {
  readonly state: PartitionState;
  readonly events: readonly AlertEvent[];
  /** Of each event, when that arrived which it was decided by. */
  readonly causedMs: readonly number[];
  readonly readings: number;
  readonly problems: ReadonlyMap<Problem, number>;
}

export interface EvaluationContext {
  readonly thresholdsOf: (patientId: string, ward: string) => EffectiveThresholds;
  /** Of a patient who is not in the state, as far as it is known. */
  readonly sleepOf: (patientId: string) => PatientState['sleep'];
}

/** Rules and their places in a patient's memory, by kind: looked up for each reading. */
const JUDGES = new Map(
  (Object.keys(KINDS) as KindCode[]).map((code) => [
    code,
    RULES.filter(({ kinds }) => kinds.includes(code)).map((rule) => ({
      rule,
      slot: rule.perKind ? `${rule.name}/${code}` : rule.name,
    })),
  ]),
);
const TICKERS = RULES.filter(({ tick }) => tick !== undefined);

/**
 * Judges what has come. Nothing is changed in `state`: the same arrivals onto the same state give the same events, however they
 * are cut into batches. Time is the stream's own, so a replay is no later than what it replays.
 */
export function evaluate(state: PartitionState, arrivals: readonly Arrival[], context: EvaluationContext): Evaluated {
  const patients = new Map(state.patients);
  const drafts = new Set<string>();
  const events: AlertEvent[] = [];
  const causedMs: number[] = [];
  const problems = new Map<Problem, number>();
  let clockMs = state.clockMs;
  let readings = 0;

  const count = (problem: Problem) => problems.set(problem, (problems.get(problem) ?? 0) + 1);
  const tell = (told: readonly AlertEvent[], arrivedMs: number) => {
    for (const event of told) {
      events.push(event);
      causedMs.push(arrivedMs);
    }
  };
  const draft = (patientId: string): PatientState | undefined => {
    const known = patients.get(patientId);
    if (known === undefined || drafts.has(patientId)) return known;
    const copy = draftOf(known);
    patients.set(patientId, copy);
    drafts.add(patientId);
    return copy;
  };
  const admit = ({ patientId, ward, bed, deviceId }: VitalsMessage): PatientState | undefined => {
    if (patients.size >= PATIENTS_MAX) return undefined;
    const patient = newPatient(patientId, { ward, bed, deviceId }, context.sleepOf(patientId));
    patients.set(patientId, patient);
    drafts.add(patientId);
    return patient;
  };

  function passTime(arrivedMs: number): void {
    const nowMs = Math.floor(arrivedMs / SECOND_MS) * SECOND_MS;
    if (nowMs <= clockMs) return;
    clockMs = nowMs;
    for (const [patientId, view] of patients) {
      const isGone = nowMs - view.heardMs > FORGOTTEN_AFTER_MS;
      for (const rule of TICKERS) {
        for (const finding of rule.tick?.(view, nowMs) ?? []) {
          if (!isNews(view, rule.name, finding)) continue;
          const patient = draft(patientId);
          if (patient) tell(settle(patient, rule, finding, { atMs: nowMs, kind: null }), arrivedMs);
        }
      }
      if (isGone) {
        const patient = draft(patientId);
        if (patient) tell(endAll(patient, nowMs), arrivedMs);
        patients.delete(patientId);
      }
    }
  }

  function take(message: VitalsMessage, arrivedMs: number): void {
    const patient = draft(message.patientId) ?? admit(message);
    if (patient === undefined) {
      count('too_many_patients');
      return;
    }
    if (patient.ward !== message.ward || patient.bed !== message.bed || patient.deviceId !== message.deviceId) {
      patient.ward = message.ward;
      patient.bed = message.bed;
      patient.deviceId = message.deviceId;
    }
    const wasSilent = 'no-data/device' in patient.open;
    patient.heardMs = arrivedMs;
    const thresholds = context.thresholdsOf(message.patientId, message.ward);
    for (const raw of message.readings) {
      readings += 1;
      const [reading, problem] = readReading(raw, arrivedMs);
      if (problem !== undefined) count(problem);
      if (reading === undefined) continue;
      const place = placeInTime(patient.last[reading.code], reading);
      if (place !== undefined) {
        count(place);
        continue;
      }
      if (reading.atMs > patient.heardAtMs || wasSilent) patient.heardAtMs = reading.atMs;
      if (wasSilent && patient.backMs !== arrivedMs) {
        patient.backMs = arrivedMs;
        patient.backAtMs = reading.atMs;
      }
      remember(patient, reading);
      for (const { rule, slot } of JUDGES.get(reading.code) ?? []) {
        const judged = rule.judge?.(patient.memory[slot], reading, { patient, thresholds });
        if (judged === undefined) continue;
        patient.memory[slot] = judged.memory;
        for (const finding of judged.findings) {
          tell(settle(patient, rule, finding, { atMs: reading.atMs, kind: reading.code }), arrivedMs);
        }
      }
    }
  }

  for (const arrival of arrivals) {
    passTime(arrival.arrivedMs);
    if ('message' in arrival) take(arrival.message, arrival.arrivedMs);
  }
  return { state: { clockMs, patients }, events, causedMs, readings, problems };
}

/** Time is judged each second for every patient: most of what is found is known. */
function isNews(
  { open }: PatientState,
  rule: string,
  { condition, level }: { condition: string; level: unknown },
): boolean {
  return conditionName(rule, condition) in open !== (level !== null);
}

/** Why a reading is not the newest of its kind; undefined: it is. */
function placeInTime(last: Last | undefined, { code, atMs, arrivedMs }: Reading): ReadingProblem | undefined {
  if (last === undefined || atMs > last.atMs) return undefined;
  if (atMs === last.atMs) return 'duplicate';
  // Nothing newer for as long as a sensor may be silent, and measured since the last one came: the device's clock was put back.
  const kind = KINDS[code];
  const patienceMs = ('noDataAfterS' in kind ? kind.noDataAfterS : kind.cadenceS) * SECOND_MS;
  return arrivedMs - last.arrivedMs >= patienceMs && atMs > last.arrivedMs ? undefined : 'out_of_order';
}

function remember(patient: PatientState, { code, atMs, arrivedMs, value, validity }: Reading): void {
  const before = patient.last[code];
  const isValue = validity !== 'none';
  patient.last[code] = {
    atMs,
    arrivedMs,
    value,
    validity,
    valueAtMs: isValue ? atMs : (before?.valueAtMs ?? atMs),
    valueArrivedMs: isValue ? arrivedMs : (before?.valueArrivedMs ?? arrivedMs),
  };
  if (code === SLEEP_STATUS && isValue && validity !== 'invalid') {
    patient.sleep = value === 'asleep' ? 'asleep' : 'awake';
  }
}

function endAll(patient: PatientState, nowMs: number): AlertEvent[] {
  return Object.keys(patient.open).flatMap((name) => {
    const [ruleName = '', ...condition] = name.split('/');
    const rule = RULES.find((each) => each.name === ruleName);
    const finding = { condition: condition.join('/'), level: null };
    return rule === undefined ? [] : settle(patient, rule, finding, { atMs: nowMs, kind: null });
  });
}
