import { type Arrival, EMPTY_PARTITION, evaluate } from '../evaluate.ts';
import { KINDS, type KindCode } from '../kinds.ts';
import { DEFAULT_THRESHOLDS, type EffectiveThresholds, effective } from '../thresholds.ts';
import type { RawReading } from '../vitals-message.ts';

const START_MS = Date.UTC(2026, 0, 1);
const SECOND_MS = 1_000;

/** [second, value], with what else is to be said of the reading. */
export type Played = readonly [second: number, value: RawReading['value'], more?: Partial<RawReading>];

export const played = (code: KindCode, values: readonly Played[]): Arrival[] =>
  values.map(([second, value, more]) => {
    const kind = KINDS[code];
    const time = new Date(START_MS + second * SECOND_MS).toISOString();
    const reading = { code, value, time, ...('unit' in kind && { unit: kind.unit }), ...more };
    const message = { patientId: 'p-1', ward: 'icu-1', bed: 'bed-01', deviceId: 'mon-1', readings: [reading] };
    return { message, arrivedMs: START_MS + second * SECOND_MS };
  });

/** A reading each `step` seconds from `from` until before `to`. */
export const steady = (value: RawReading['value'], from: number, to: number, step = 1): Played[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => [from + index * step, value]);

export const inOrder = (...lists: readonly Arrival[][]) =>
  lists.flat().sort((one, other) => one.arrivedMs - other.arrivedMs);

/** A pulse each second, as the stream has them. */
function withPulses(arrivals: readonly Arrival[]): Arrival[] {
  const [first, last] = [arrivals[0]?.arrivedMs ?? 0, arrivals.at(-1)?.arrivedMs ?? 0];
  const pulses = Array.from({ length: Math.floor((last - first) / SECOND_MS) }, (_, second) => {
    return { pulse: true as const, arrivedMs: first + second * SECOND_MS };
  });
  return inOrder([...pulses], [...arrivals]);
}

/** What is told, a line each: `12 start threshold/HR/high medium since 2`. */
export function toldOf(
  arrivals: readonly Arrival[],
  rule: string,
  thresholds: EffectiveThresholds = effective([DEFAULT_THRESHOLDS]),
): string[] {
  const { events } = evaluate(EMPTY_PARTITION, withPulses(arrivals), {
    thresholdsOf: () => thresholds,
    sleepOf: () => undefined,
  });
  const second = (time: string) => (Date.parse(time) - START_MS) / SECOND_MS;
  return events
    .filter((event) => event.rule === rule)
    .map(
      ({ at, type, condition, priority, onset }) =>
        `${second(at)} ${type} ${condition} ${priority} since ${second(onset)}`,
    );
}
