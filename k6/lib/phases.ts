// The shape of a load: phases with a quiet gap between them, each with its rates one after the other. Which messages a phase has
// is exact and does not depend on timing: number i exists or it does not.

/** As given: durationS is divided evenly over the rates (messages a second). */
export interface Phase {
  readonly name: string;
  /** Seconds since the load began. */
  readonly startS: number;
  readonly durationS: number;
  readonly rates: readonly number[];
}

/** A part of a phase with one rate: it sends the numbers from `first` on. */
interface Step {
  readonly rate: number;
  /** Seconds since the phase began. */
  readonly fromS: number;
  readonly durationS: number;
  readonly first: number;
  readonly count: number;
}

export interface PlannedPhase extends Phase {
  readonly steps: readonly Step[];
  /** Of all its messages. */
  readonly count: number;
  /** Seconds after its last message in which answers may still come, before the next phase needs the connections. */
  readonly lingerS: number;
}

/** Before a phase's first message: connections are opened. 50 of them take 0.2 s on loopback; a slow link takes more. */
export const LEAD_S = 2;
/** What an answer gets at least, so the shortest gap is this and LEAD_S. */
const SHORTEST_LINGER_S = 1;
/** Nothing is gained by waiting longer: a lost answer does not come. */
const LONGEST_LINGER_S = 5;

/** Names are tags, and parts of k6's scenario names. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
/** Rates come as decimals at most; k6 counts durations in nanoseconds. */
const ROUNDING = 1e-6;

/**
 * The phases of a load, planned.
 * @throws Error naming the phase and what is wrong: a rate that gives no whole number of messages, a gap that is too short
 */
export function planPhases(phases: readonly Phase[]): PlannedPhase[] {
  if (phases.length === 0) throw new Error('PHASES must have a phase');
  return phases.map((phase, index) => {
    checkPhase(phase, phases.slice(0, index));
    const next = phases[index + 1];
    const gapS = next === undefined ? Number.POSITIVE_INFINITY : next.startS - (phase.startS + phase.durationS);
    const lingerS = gapS - LEAD_S;
    if (lingerS < SHORTEST_LINGER_S - ROUNDING)
      throw new Error(
        `the gap after phase ${phase.name} must be ${LEAD_S + SHORTEST_LINGER_S} s or more, is ${gapS} s`,
      );
    const steps = stepsOf(phase);
    const count = steps.reduce((sum, step) => sum + step.count, 0);
    return { ...phase, steps, count, lingerS: Math.min(lingerS, LONGEST_LINGER_S) };
  });
}

/** Reads PHASES: a JSON list of phases. @throws Error with what is wrong */
export function parsePhases(json: string): PlannedPhase[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`PHASES must be JSON: ${error}`);
  }
  if (!Array.isArray(value)) throw new Error('PHASES must be a JSON list of {name, startS, durationS, rates}');
  return planPhases(value as Phase[]);
}

function checkPhase(phase: Phase, earlier: readonly Phase[]): void {
  const wrong = (what: string) => new Error(`phase ${phase?.name ?? earlier.length} of PHASES: ${what}`);
  if (typeof phase?.name !== 'string' || !NAME.test(phase.name)) throw wrong(`name must match ${NAME.source}`);
  if (earlier.some(({ name }) => name === phase.name)) throw wrong('the name occurs twice');
  if (!(typeof phase.startS === 'number' && phase.startS >= 0)) throw wrong('startS must be 0 or more');
  if (!(typeof phase.durationS === 'number' && phase.durationS > 0)) throw wrong('durationS must be more than 0');
  const { rates } = phase;
  if (!Array.isArray(rates) || rates.length === 0 || !rates.every((rate) => Number.isInteger(rate) && rate > 0))
    throw wrong('rates must be a list of whole numbers above 0');
}

function stepsOf(phase: Phase): Step[] {
  const durationS = phase.durationS / phase.rates.length;
  let first = 0;
  return phase.rates.map((rate, index) => {
    const exact = rate * durationS;
    const count = Math.round(exact);
    if (Math.abs(exact - count) > ROUNDING || count === 0)
      throw new Error(`phase ${phase.name}: ${rate}/s for ${durationS} s are ${exact} messages, not a whole number`);
    const step = { rate, fromS: index * durationS, durationS, first, count };
    first += count;
    return step;
  });
}

/** When message `number` is due, in ms since the phase began. */
export function dueMs(phase: PlannedPhase, number: number): number {
  const step = phase.steps.find(({ first, count }) => number >= first && number < first + count);
  if (!step) throw new RangeError(`phase ${phase.name} has no message ${number}`);
  return (step.fromS + (number - step.first) / step.rate) * 1000;
}

/** How much later than planned all is done, so that the first phase can open its connections. */
export function shiftS<One extends Pick<Phase, 'startS'>>(phases: readonly One[]): number {
  return Math.max(0, LEAD_S - Math.min(...phases.map(({ startS }) => startS)));
}

/** `30s`, `2m`, `500ms` or plain seconds, in seconds. */
export function secondsOf(text: string): number {
  // Numbered groups: k6's engine has no named ones.
  const [, amount, , unit = 's'] = /^(\d+(\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  if (amount === undefined) throw new Error(`"${text}" is no duration as 30s, 2m or 500ms`);
  return Number(amount) * ({ ms: 0.001, s: 1, m: 60 }[unit] ?? 1);
}
