import { type Arrival, EMPTY_PARTITION, type EvaluationContext, evaluate } from '../../shared/vitals/evaluate.ts';
import { DEFAULT_THRESHOLDS, effective } from '../../shared/vitals/thresholds.ts';
import { type Alarm, alarmsOf, type ToldEvent } from './alarm.ts';
import type { Stay } from './stay.ts';

/** The time of a stream goes on while a monitor is silent. */
const PULSE_MS = 1_000;
const THRESHOLDS = effective([DEFAULT_THRESHOLDS]);
/** Nobody has said how the patient sleeps: they count as awake. */
const CONTEXT: EvaluationContext = { thresholdsOf: () => THRESHOLDS, sleepOf: () => undefined };

/** What judges: the alerter, or one that is wrong on purpose. */
export type Evaluate = typeof evaluate;

/** The alerts of the rules that hold by default. */
export function defaultAlarms(stay: Stay, judge: Evaluate = evaluate): Alarm[] {
  const told: ToldEvent[] = [];
  let state = EMPTY_PARTITION;
  for (const arrival of arrivalsOf(stay)) {
    const done = judge(state, [arrival], CONTEXT);
    state = done.state;
    for (const event of done.events) told.push({ event, toldMs: arrival.arrivedMs });
  }
  return alarmsOf(told);
}

/** Each message as it is sent, and a pulse for each second without one. */
function* arrivalsOf({ recording, dataset, messages, fromMs }: Stay): Generator<Arrival> {
  const place = { patientId: `${dataset}-${recording}`, ward: 'icu-1', bed: 'bed-01', deviceId: 'mon-1' };
  let nowMs = fromMs;
  for (const { atMs, readings } of messages) {
    for (nowMs += PULSE_MS; nowMs < atMs; nowMs += PULSE_MS) yield { pulse: true, arrivedMs: nowMs };
    yield { message: { ...place, readings }, arrivedMs: atMs };
    nowMs = atMs;
  }
}
