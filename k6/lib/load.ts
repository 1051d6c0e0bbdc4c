// A load as the environment describes it; the same for all scripts. See README.md for the settings.
import { SharedArray } from 'k6/data';
import { Gauge } from 'k6/metrics';
import type { Scenario } from 'k6/options';
import { runIdOf } from './identity.ts';
import { type Episode, type RunIdentity, syntheticEpisodes } from './messages.ts';
import { LEAD_S, type PlannedPhase, parsePhases, planPhases, secondsOf, shiftS } from './phases.ts';
import { inEveryWard } from './wards.ts';

/** What setup hands to every VU. */
export interface Run extends RunIdentity {
  /** Epoch milliseconds: second 0 of the phases. */
  readonly zeroMs: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** Connections are closed in the last part of the time that a phase has after its messages. */
const CLOSE_S = 0.5;
const RUN_ID = /^[0-9a-f]{8}$/;
const MAX_SEED = 0xffffffff;

/** Epoch milliseconds of the phases' second 0, for a reader of the samples. */
const startedAtMs = new Gauge('load_started_at_ms', true);

/** Undefined without PHASES: then a script has a load of its own. */
export const labPhases: readonly PlannedPhase[] | undefined = __ENV['PHASES']
  ? parsePhases(__ENV['PHASES'])
  : undefined;

/** The load of a script run by itself: one phase, its rates one after the other. */
export const ownLoad = (stepS: number, rates: number[]): PlannedPhase[] =>
  planPhases([{ name: 'load', startS: LEAD_S, durationS: stepS * rates.length, rates }]);

export const numberFrom = (name: string, preset: number): number => {
  const value = Number(__ENV[name] || preset);
  if (!(value >= 0)) throw new Error(`${name} is "${__ENV[name]}", a number is wanted`);
  return value;
};

/** A whole number from 1 on. */
export function countFrom(name: string, preset: number, most: number): number {
  const value = numberFrom(name, preset);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`${name} is "${__ENV[name]}", a whole number from 1 to ${most} is wanted`);
}

export const secondsFrom = (name: string, preset: string): number => secondsOf(__ENV[name] || preset);

export function choiceFrom<Value>(name: string, values: Record<string, Value>, preset: string): Value {
  const value = values[__ENV[name] || preset];
  if (value === undefined) throw new Error(`${name} is "${__ENV[name]}"; allowed: ${Object.keys(values).join(', ')}`);
  return value;
}

/** EPISODES: the path of a JSON list; WARDS: where its patients lie. Read once, shared by all VUs. */
export const episodes: readonly Episode[] = new SharedArray('episodes', () => {
  const found = __ENV['EPISODES'] ? (JSON.parse(open(__ENV['EPISODES'])) as Episode[]) : syntheticEpisodes();
  return __ENV['WARDS'] ? inEveryWard(found, __ENV['WARDS'].split(',')) : found;
});

/** Rates from the lowest to the highest, evenly apart. */
export const ramp = (low: number, high: number, rates: number): number[] =>
  Array.from({ length: rates }, (_, index) => Math.round(low + ((high - low) * index) / (rates - 1)));

/** What decides the messages: of a run of its own, unless SEED or RUN_ID says which. */
export function runIdentity(): RunIdentity {
  const seed = __ENV['SEED'] || String(Math.floor(Math.random() * MAX_SEED));
  const runId = __ENV['RUN_ID'] || runIdOf(seed);
  if (!RUN_ID.test(runId)) throw new Error(`RUN_ID is "${runId}", eight hex digits are wanted`);
  return { runId, seed };
}

/** Called at the end of setup: what decides the messages, and the moment that second 0 is. */
export function beginRun(
  phases: readonly Pick<PlannedPhase, 'name' | 'startS' | 'count'>[],
  { runId, seed }: RunIdentity = runIdentity(),
): Run {
  const startedAt = Date.now();
  const zeroMs = startedAt + shiftS(phases) * 1000;
  startedAtMs.add(zeroMs);
  const plan = phases.map(({ name, count }) => `${name} ${count}`).join(', ');
  console.log(`seed ${seed}, run ${runId}, second 0 at ${new Date(zeroMs).toISOString()}; messages: ${plan}`);
  return { runId, seed, zeroMs, startedAt };
}

/** One long iteration a phase for each of so many VUs: an open connection keeps an iteration from ending. */
export function monitorScenarios(phases: readonly PlannedPhase[], vus: number): Record<string, Scenario> {
  const shift = shiftS(phases);
  const scenario = ({ name, startS, durationS, lingerS }: PlannedPhase): Scenario => ({
    executor: 'per-vu-iterations',
    exec: 'default',
    vus,
    iterations: 1,
    startTime: `${shift + startS - LEAD_S}s`,
    maxDuration: `${LEAD_S + durationS + lingerS}s`,
    gracefulStop: '0s',
    env: { PHASE: name },
    tags: { phase: name },
  });
  return Object.fromEntries(phases.map((phase) => [phase.name, scenario(phase)]));
}

/** The phase that this VU's scenario belongs to. */
export function phaseOfVu(phases: readonly PlannedPhase[]): PlannedPhase {
  const phase = phases.find(({ name }) => name === __ENV['PHASE']);
  if (!phase) throw new Error(`there is no phase ${__ENV['PHASE']}`);
  return phase;
}

/** Epoch milliseconds of a phase's first message, and until when its answers are waited for. */
export function spanOf(phase: PlannedPhase, run: Run): { fromMs: number; untilMs: number } {
  const fromMs = run.zeroMs + phase.startS * 1000;
  return { fromMs, untilMs: fromMs + (phase.durationS + phase.lingerS - CLOSE_S) * 1000 };
}

/** SPEED=any leaves out the limits on time, on a machine that does other work beside the run. */
export const isTimed = __ENV['SPEED'] !== 'any';

/** A run that did not apply the load it claims must not pass: every planned message sent, none late, where time counts. */
export function loadThresholds(phases: readonly PlannedPhase[]): Record<string, string[]> {
  const thresholds: Record<string, string[]> = { dropped_iterations: ['count==0'] };
  if (isTimed) thresholds['producer_late_msgs'] = ['count==0'];
  for (const { name, count } of phases) thresholds[`producer_sent_msgs{phase:${name}}`] = [`count==${count}`];
  return thresholds;
}
