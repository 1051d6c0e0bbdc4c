// What a device sends of a patient: whose it is, which of it is new, and what the rules say of that.
import { KINDS, type KindCode, SLEEP_STATUS } from './kinds.ts';
import { conditionName, moved, settle } from './lifecycle.ts';
import type { PartitionDraft } from './partition-draft.ts';
import { type Last, newPatient, type PatientState } from './patient-state.ts';
import { type Reading, type ReadingProblem, readReading } from './reading.ts';
import { RULES } from './rules/index.ts';
import { SILENT_AFTER_MS } from './rules/no-data.ts';
import type { EffectiveThresholds } from './thresholds.ts';
import type { VitalsMessage } from './vitals-message.ts';

const SECOND_MS = 1_000;
/** Of a partition: more than a hospital has beds. Ids that somebody makes up are not to fill the memory. */
const PATIENTS_MAX = 5_000;
/** Patients and devices of one bed: who has been silent longest makes room. A device speaks for its own bed only. */
const IN_A_BED_MAX = 4;
/** Three readings missed: whether the patient sleeps is not known any more, and they count as awake. */
const SLEEP_KNOWN_MS = 3 * KINDS[SLEEP_STATUS].cadenceS * SECOND_MS;

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

/** @returns how many readings it had */
export function takeMessage(
  draft: PartitionDraft,
  message: VitalsMessage,
  arrivedMs: number,
  context: EvaluationContext,
): number {
  const patient = patientOf(draft, message, arrivedMs, context);
  if (patient === undefined) {
    draft.count('too_many_patients');
    return message.readings.length;
  }
  const wasSilent = conditionName('no-data', 'device', patient.suffix) in patient.open;
  patient.cameMs = arrivedMs;
  if (patient.sleep !== undefined && arrivedMs - patient.sleepMs > SLEEP_KNOWN_MS) patient.sleep = undefined;
  const thresholds = context.thresholdsOf(message.patientId, message.ward);
  for (const raw of message.readings) {
    const [reading, problem] = readReading(raw, arrivedMs);
    if (problem !== undefined) draft.count(problem);
    if (reading === undefined) continue;
    // What cannot be used is silence: a monitor whose clock is wrong is told of as one that is off.
    patient.heardMs = arrivedMs;
    const place = placeInTime(patient.last[reading.code], reading);
    if (place !== undefined) {
      draft.count(place);
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
        draft.tell(settle(patient, rule.name, finding, { atMs: reading.atMs, kind: reading.code }), arrivedMs);
      }
    }
  }
  return message.readings.length;
}

/**
 * The patient's state, as this device is to see it. Two devices that speak for one patient at a time contradict each other, so a
 * second one has a state of its own, and conditions of its own; when the first is silent, the second takes its place.
 */
function patientOf(
  draft: PartitionDraft,
  message: VitalsMessage,
  arrivedMs: number,
  context: EvaluationContext,
): PatientState | undefined {
  const { patientId, ward, bed, deviceId } = message;
  const first = draft.patients.get(patientId);
  const second = `${patientId}@${deviceId}`;
  const isFirst = first === undefined || first.deviceId === deviceId;
  const isSecond = !isFirst && arrivedMs - first.heardMs < SILENT_AFTER_MS;
  if (!isFirst && !isSecond && draft.patients.has(second)) draft.remove(second, arrivedMs);
  const key = isSecond ? second : patientId;
  const known = draft.patient(key);
  if (known === undefined)
    return admit(draft, key, message, arrivedMs, isSecond ? first.sleep : context.sleepOf(patientId));
  if (known.ward !== ward || known.bed !== bed || known.deviceId !== deviceId) {
    known.ward = ward;
    known.bed = bed;
    known.deviceId = deviceId;
    draft.tell(moved(known, arrivedMs), arrivedMs);
  }
  if (isSecond) known.sleep = first.sleep;
  return known;
}

function admit(
  draft: PartitionDraft,
  key: string,
  { patientId, ward, bed, deviceId }: VitalsMessage,
  arrivedMs: number,
  sleep: PatientState['sleep'],
): PatientState | undefined {
  const inBed = [...draft.patients].filter(([, one]) => one.bed === bed && one.ward === ward);
  if (inBed.length >= IN_A_BED_MAX) {
    const [longest] = inBed.toSorted(([, one], [, other]) => one.heardMs - other.heardMs);
    if (longest) draft.remove(longest[0], arrivedMs);
  }
  if (draft.patients.size >= PATIENTS_MAX) return undefined;
  const suffix = key === patientId ? '' : `@${deviceId}`;
  const patient = newPatient({ patientId, ward, bed, deviceId, suffix, sleep, arrivedMs });
  draft.add(key, patient);
  return patient;
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
  if (code !== SLEEP_STATUS || validity !== 'valid') return;
  patient.sleep = value === 'asleep' ? 'asleep' : 'awake';
  patient.sleepMs = arrivedMs;
}
