// The stream's time: what has become too long ago.
import { conditionName, settle } from './lifecycle.ts';
import type { PartitionDraft } from './partition-draft.ts';
import type { Last, PatientState } from './patient-state.ts';
import { RULES } from './rules/index.ts';

const SECOND_MS = 1_000;
/** Nothing of a patient for so long: gone home, or moved. The state goes, and what was open of it ends. */
const FORGOTTEN_AFTER_MS = 6 * 3_600_000;
/**
 * A pulse comes each second (pulse.ts), so nobody could be heard for longer than this: the broker was away, or its clock was
 * put on or back. In either case time has not passed for anybody.
 */
const LEAP_MS = 5_000;

const TICKERS = RULES.filter(({ tick }) => tick !== undefined);

/** Judges that it is as late as this record's arrival; in whole seconds, once each. */
export function passTime(draft: PartitionDraft, arrivedMs: number): void {
  const nowMs = Math.floor(arrivedMs / SECOND_MS) * SECOND_MS;
  const passedMs = nowMs - draft.clockMs;
  if (draft.clockMs !== 0 && Math.abs(passedMs) > LEAP_MS) leap(draft, passedMs);
  else if (passedMs <= 0) return;
  draft.clockMs = nowMs;
  for (const [key, view] of draft.patients) {
    for (const rule of TICKERS) {
      for (const finding of rule.tick?.(view, nowMs) ?? []) {
        // Most of what is found is known.
        if (conditionName(rule.name, finding.condition, view.suffix) in view.open === (finding.level !== null))
          continue;
        const patient = draft.patient(key);
        if (patient) draft.tell(settle(patient, rule.name, finding, { atMs: nowMs, kind: null }), arrivedMs);
      }
    }
    if (nowMs - view.heardMs > FORGOTTEN_AFTER_MS) draft.remove(key, nowMs);
  }
}

/** Takes along all that was counted in the stream's time. */
function leap(draft: PartitionDraft, byMs: number): void {
  for (const key of draft.patients.keys()) {
    const patient = draft.patient(key);
    if (patient) shift(patient, byMs);
  }
}

function shift(patient: PatientState, byMs: number): void {
  patient.heardMs += byMs;
  patient.cameMs += byMs;
  patient.backMs += byMs;
  patient.sleepMs += byMs;
  patient.last = Object.fromEntries(
    Object.entries(patient.last).map(([code, last]: [string, Last]) => [
      code,
      { ...last, arrivedMs: last.arrivedMs + byMs, valueArrivedMs: last.valueArrivedMs + byMs },
    ]),
  );
}
