import { actionOf, type Limits, lastsMs } from './actions.ts';
import { drawsOf } from './draw.ts';
import { FAULT_KINDS, type Fault, type FaultAction, type FaultKind, type Schedule } from './fault.ts';

const MS_PER_MINUTE = 60_000;
/** A tenth of the run, between what a rate can be told from and what is enough. */
const BASELINE_SHARE = 0.1;
const BASELINE_MS = { from: 8_000, to: 30_000 };
/** Long enough to see throughput come back and stay; the short one where otherwise not every kind would have its turn. */
const CALM_MS = { full: 25_000, short: 10_000 };
/** As the streams' event source has it. */
const HEARTBEAT_MS = 10_000;
const LINKS: Limits['links'] = ['devices-broker', 'workers-broker', 'workers-database'];

export interface ScheduleOptions extends Partial<Limits> {
  /** Default: all. */
  readonly kinds?: readonly FaultKind[];
}

interface Planned {
  readonly action: FaultAction;
  readonly lastsMs: number;
}

/**
 * The faults of a run: in rounds, each of which has every kind once, in an order and with measures that the seed decides. A
 * round is begun only when the one before it was whole; of the last one, what fits. A run too short for a whole round with full
 * calm phases has one round with short ones. Time left goes to the calm phases. Pure: one seed, one schedule.
 * @throws RangeError for minutes that are not above 0, or a seed that is no whole number
 */
export function schedule(seed: number, minutes: number, options: ScheduleOptions = {}): Schedule {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed ${seed}: give a whole number`);
  if (!(Number.isFinite(minutes) && minutes > 0)) throw new RangeError(`${minutes} minutes: give a number above 0`);
  const { kinds = FAULT_KINDS, heartbeatMs = HEARTBEAT_MS, links = LINKS } = options;
  const totalMs = Math.round(minutes * MS_PER_MINUTE);
  const share = Math.round(totalMs * BASELINE_SHARE);
  const baselineMs = Math.min(totalMs, Math.max(BASELINE_MS.from, Math.min(BASELINE_MS.to, share)));
  const room = totalMs - baselineMs;
  const rounds = (calmMs: number, most: number) =>
    plan({ seed, kinds, room, calmMs, most, limits: { heartbeatMs, links } });
  const full = rounds(CALM_MS.full, Number.POSITIVE_INFINITY);
  const isFull = full.length >= kinds.length;
  const calmMs = isFull ? CALM_MS.full : CALM_MS.short;
  const planned = isFull ? full : rounds(calmMs, 1);
  return { seed, totalMs, baselineMs, faults: placed(planned, baselineMs, room, calmMs) };
}

interface Rounds {
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  readonly room: number;
  readonly calmMs: number;
  /** Rounds. */
  readonly most: number;
  readonly limits: Limits;
}

function plan({ seed, kinds, room, calmMs, most, limits }: Rounds): Planned[] {
  const draws = drawsOf(seed);
  const planned: Planned[] = [];
  let left = room;
  const isWhole = (round: number) => planned.length === round * kinds.length;
  for (let round = 1; round <= most && kinds.length > 0 && isWhole(round - 1); round += 1) {
    const turn = (kind: FaultKind) => draws.unit(`${round}/${kind}/turn`);
    for (const kind of kinds.toSorted((a, b) => turn(a) - turn(b))) {
      const action = actionOf(kind, `${round}/${kind}`, draws, limits);
      const costMs = lastsMs(action) + calmMs;
      if (costMs > left) continue;
      left -= costMs;
      planned.push({ action, lastsMs: lastsMs(action) });
    }
  }
  return planned;
}

function placed(planned: readonly Planned[], baselineMs: number, room: number, calmMs: number): Fault[] {
  const usedMs = planned.reduce((sum, fault) => sum + fault.lastsMs + calmMs, 0);
  const extraMs = Math.floor((room - usedMs) / Math.max(1, planned.length));
  let atMs = baselineMs;
  return planned.map((fault, index) => {
    const placedFault: Fault = { number: index + 1, ...fault, atMs, calmMs: calmMs + extraMs };
    atMs += fault.lastsMs + calmMs + extraMs;
    return placedFault;
  });
}
