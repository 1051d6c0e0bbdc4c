import { setTimeout as sleep } from 'node:timers/promises';
import { type AppliedFault, type Recovery, recoveries, throughput } from '../recovery/recoveries.ts';
import type { Fault, Schedule } from '../schedule/fault.ts';
import type { History, ProducerEntry } from '../verdict/history.ts';
import { type Verdict, verdict } from '../verdict/verdict.ts';
import { drained } from './drain.ts';
import { perform } from './perform.ts';
import type { System } from './system.ts';

/** Where what happened is read from. Each may reject while its service is away. */
export interface Evidence {
  /** Ids that have an effect or are in the dead letters by now. */
  arrived(): Promise<ReadonlySet<string>>;
  isRead(): Promise<boolean>;
  /** Everything, once the workers have ended. */
  read(): Promise<Omit<History, 'producerLog' | 'drainedAll'>>;
}

export interface Load {
  /** Resolves once devices send. */
  start(): Promise<void>;
  /** Sends nothing new; resolves with the whole log when all that was under way is acknowledged, or given up. */
  stop(): Promise<readonly ProducerEntry[]>;
}

export interface FaultRun {
  readonly schedule: Schedule;
  readonly system: System;
  readonly evidence: Evidence;
  readonly load: Load;
  /** Lets the workers finish and end. */
  readonly stopWorkers: () => Promise<void>;
  readonly say: (text: string) => void;
  readonly words: (fault: Fault) => string;
  readonly signal: AbortSignal;
}

export interface FaultOutcome {
  /** No violation, and throughput came back after each fault. */
  readonly ok: boolean;
  readonly verdict: Verdict;
  /** Effects a second without a fault. */
  readonly baseline: number;
  readonly faults: readonly AppliedFault[];
  readonly recoveries: readonly Recovery[];
}

/** Of the baseline: connections are opened, code is compiled. */
const WARM_UP_SHARE = 0.3;
const MS_PER_S = 1_000;
const DIGITS = 2;

/** Load, faults after the schedule, drain, verdict. A fault that lasts longer than planned moves those behind it: each has its calm. */
export async function runFaults(run: FaultRun): Promise<FaultOutcome> {
  const { schedule, system, evidence, load, say, words, signal } = run;
  await load.start();
  const startMs = Date.now();
  say(`load runs; ${schedule.baselineMs / MS_PER_S} s of baseline`);
  const until = (ms: number) => sleep(Math.max(0, ms - Date.now()), undefined, { signal });
  await until(startMs + schedule.baselineMs);
  const applied: { number: number; fromMs: number; untilMs: number }[] = [];
  let lateMs = 0;
  for (const fault of schedule.faults) {
    await until(startMs + fault.atMs + lateMs);
    say(`${fault.number}/${schedule.faults.length} ${words(fault)}`);
    const fromMs = Date.now();
    await perform(fault.action, system, signal);
    const untilMs = Date.now();
    applied.push({ number: fault.number, fromMs, untilMs });
    lateMs = Math.max(lateMs, untilMs - (startMs + fault.atMs + fault.lastsMs));
  }
  await until(startMs + schedule.totalMs + lateMs);
  const endMs = Date.now();
  say('no new messages; waiting for what is under way');
  const producerLog = await load.stop();
  const drainedAll = await drained({
    producerLog,
    arrived: evidence.arrived,
    isRead: evidence.isRead,
    progress: (missing) => say(`${missing} acknowledged messages not there yet`),
    signal,
  });
  await run.stopWorkers();
  const rest = await evidence.read();
  const history: History = { ...rest, producerLog, drainedAll };
  return outcomeOf(history, schedule, startMs, calmed(applied, endMs));
}

function calmed(
  applied: readonly { number: number; fromMs: number; untilMs: number }[],
  endMs: number,
): AppliedFault[] {
  return applied.map((fault, index) => ({ ...fault, calmUntilMs: applied[index + 1]?.fromMs ?? endMs }));
}

function outcomeOf(history: History, schedule: Schedule, startMs: number, faults: AppliedFault[]): FaultOutcome {
  const judged = verdict(history);
  const effectMs = history.effectLog.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
  const warmMs = startMs + schedule.baselineMs * WARM_UP_SHARE;
  const measured = throughput(effectMs, warmMs, startMs + schedule.baselineMs);
  const baseline = Number(measured.toFixed(DIGITS));
  const found = baseline > 0 ? recoveries(effectMs, faults, baseline) : [];
  const cameBack = found.length === faults.length && found.every(({ outcome }) => outcome !== 'not');
  return { ok: judged.ok && cameBack, verdict: judged, baseline, faults, recoveries: found };
}
