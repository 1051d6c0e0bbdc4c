// Loads in which each message is an iteration of its own, started at its time whether or not earlier ones have ended.
import exec from 'k6/execution';
import type { Scenario } from 'k6/options';
import { numberFrom } from './load.ts';
import { type PlannedPhase, shiftS } from './phases.ts';

/** VUs cover answers that take this long (the functions' own limit for the database is 2 s), and half as many again. */
const SLOW_ANSWER_S = 2.5;
const RESERVE = 1.5;
/**
 * k6 forgets an iteration whose moment it has not come to by the end: on a machine that was busy then, the last ones. In this time
 * they are made up for, a second late at most; it also starts more than were planned, which do nothing.
 */
const SLACK_S = 1;

const vusFor = (rate: number) => numberFrom('VUS', Math.ceil(SLOW_ANSWER_S * rate * RESERVE));

/** The planned phases, each rate a scenario. */
export function arrivalScenarios(phases: readonly PlannedPhase[], longestIterationS: number): Record<string, Scenario> {
  const shift = shiftS(phases);
  const scenarios: Record<string, Scenario> = {};
  for (const { name, startS, steps } of phases) {
    for (const [index, { rate, fromS, durationS, first, count }] of steps.entries()) {
      scenarios[`${name}-${index}`] = {
        executor: 'constant-arrival-rate',
        rate,
        timeUnit: '1s',
        duration: `${durationS + SLACK_S}s`,
        startTime: `${shift + startS + fromS}s`,
        preAllocatedVUs: vusFor(rate),
        maxVUs: vusFor(rate),
        gracefulStop: `${longestIterationS}s`,
        env: { PHASE: name, FIRST: String(first), COUNT: String(count) },
        tags: { phase: name },
      };
    }
  }
  return scenarios;
}

/** A load whose rate rises evenly, to find out where it becomes too much. */
export interface Ramp {
  readonly name: string;
  /** Seconds since the load began. */
  readonly startS: number;
  readonly durationS: number;
  /** Messages a second. */
  readonly from: number;
  readonly to: number;
  /** Of all its messages. */
  readonly count: number;
}

export const rampOf = (name: string, durationS: number, from: number, to: number): Ramp => ({
  name,
  startS: 0,
  durationS,
  from,
  to,
  count: Math.floor(((from + to) / 2) * durationS),
});

export const rampVus = ({ from, to }: Ramp): number => vusFor(Math.max(from, to));

export function rampScenario(ramp: Ramp, longestIterationS: number): Scenario {
  const { name, startS, durationS, from, to, count } = ramp;
  return {
    executor: 'ramping-arrival-rate',
    startRate: from,
    timeUnit: '1s',
    stages: [{ target: to, duration: `${durationS}s` }],
    startTime: `${shiftS([ramp]) + startS}s`,
    preAllocatedVUs: rampVus(ramp),
    maxVUs: rampVus(ramp),
    gracefulStop: `${longestIterationS}s`,
    env: { PHASE: name, FIRST: '0', COUNT: String(count) },
    tags: { phase: name },
  };
}

/**
 * Which message this iteration is; undefined for none. k6 may start one more on the last moment of a rate: which messages there
 * are is not a matter of timing.
 */
export function numberOfIteration(): number | undefined {
  const place = exec.scenario.iterationInTest;
  return place < Number(__ENV['COUNT']) ? Number(__ENV['FIRST']) + place : undefined;
}
