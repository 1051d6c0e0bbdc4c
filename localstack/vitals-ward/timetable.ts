import { KIND_CODES, KINDS, type KindCode } from '../../shared/vitals/kinds.ts';

/** A monitor sends twice a second: as often as its heart rate comes. */
export const TICK_MS = 500;
/** Half a tick: what the burst, with twice the cadence, needs. Beds send at even steps, and at all of them in the burst. */
const STEPS_PER_TICK = 2;
const STEPS_PER_S = (STEPS_PER_TICK * 1_000) / TICK_MS;
const HOUR_S = 3_600;
const STEPS_PER_HOUR = HOUR_S * STEPS_PER_S;
/** A round of an hour's blood pressures takes a minute. */
const BURST_S = 60;
const BURST_STEPS = BURST_S * STEPS_PER_S;
/** A monitor that is switched on has said all it can measure half a minute later. */
const SWITCHED_ON_S = 30;
const SWITCHED_ON_STEPS = SWITCHED_ON_S * STEPS_PER_S;
/** Its multiples, modulo 1, lie as evenly as they can, however many there are. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** When each bed sends what. A step's length, and with it all cadences, depend on the rate. */
export interface Timetable {
  readonly beds: number;
  readonly stepMs: number;
  readonly burstFromStep: number;
}

export interface TimetableOptions {
  readonly beds: number;
  /** All cadences so many times as often. */
  readonly rate: number;
  /** Seconds from the start to the first hour's burst; the next ones follow each hour, at rate 2 each half hour. */
  readonly burstAtS: number;
}

export function timetable({ beds, rate, burstAtS }: TimetableOptions): Timetable {
  const stepMs = TICK_MS / STEPS_PER_TICK / rate;
  const burstFromTick = Math.round((burstAtS * 1_000) / stepMs / STEPS_PER_TICK);
  return { beds, stepMs, burstFromStep: burstFromTick * STEPS_PER_TICK };
}

/** Where between 0 and 1 a bed is, evenly spread for any number of beds. */
export function spread(index: number): number {
  return (index * GOLDEN_RATIO) % 1;
}

/** Milliseconds from the start. Within a tick beds follow each other at equal distances, so that the load is even. */
export function stepAtMs({ beds, stepMs }: Timetable, index: number, step: number): number {
  return Math.floor((step + (index * STEPS_PER_TICK) / beds) * stepMs);
}

/** Whether beds send at this step. */
export function isSent(plan: Timetable, step: number): boolean {
  return step % STEPS_PER_TICK === 0 || burstStep(plan, step) !== undefined;
}

/** The step at which a bed sent before this one. */
export function stepBefore(plan: Timetable, step: number): number {
  return isSent(plan, step - 1) ? step - 1 : step - STEPS_PER_TICK;
}

/** Kinds that a bed sends at this step. */
export function kindsDue(plan: Timetable, index: number, step: number): readonly KindCode[] {
  if (step === evenly(index, SWITCHED_ON_STEPS)) return KIND_CODES;
  const inBurst = burstStep(plan, step);
  return KIND_CODES.filter((code) => {
    const every = KINDS[code].cadenceS * STEPS_PER_S;
    if (every >= STEPS_PER_HOUR) return inBurst === evenly(index, BURST_STEPS);
    const now = inBurst === undefined ? every : every / 2;
    return step % now === evenly(index, every) % now;
  });
}

/** A bed's even step of so many, evenly spread over all beds. */
function evenly(index: number, steps: number): number {
  return Math.floor((spread(index) * steps) / STEPS_PER_TICK) * STEPS_PER_TICK;
}

/** Steps since the start of the burst, in a burst. */
function burstStep({ burstFromStep }: Timetable, step: number): number | undefined {
  if (step < burstFromStep) return undefined;
  const since = (step - burstFromStep) % STEPS_PER_HOUR;
  return since < BURST_STEPS ? since : undefined;
}
