import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../../localstack/setup/progress.ts';
import { tailSuperStream } from '../../localstack/tail/tail-super-stream.ts';
import { devicesUrl } from '../../localstack/vitals-ward/ward-login.ts';
import type { Config } from '../../shared/config.ts';
import { TransientError } from '../../shared/errors.ts';
import { type LabTarget, startOwnStack } from '../run/own-stack.ts';
import { unlessAborted } from '../run/unless-aborted.ts';
import { type CaseWorkers, startCaseWorkers } from '../workers/case-workers.ts';
import { type Fidelity, fidelityOf, type PhaseFigures, phaseFigures, spanOf } from './figures.ts';
import { startGauges } from './gauges.ts';
import { startLoad } from './load.ts';
import { firstReading, until } from './moments.ts';
import { createOracle, type Oracle } from './oracle.ts';
import type { Timeline } from './timeline.ts';
import { type AlertLog, createAlertLog } from './told.ts';

export interface VitalsRun {
  readonly config: Config;
  readonly beds: number;
  readonly rate: number;
  readonly seed: number;
  readonly replicas: number;
  readonly timeline: Timeline;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

interface PhaseOutcome extends PhaseFigures {
  readonly storedPerS: number;
  /** Messages that storing was behind at the most. */
  readonly storingBehind: number;
}

export interface VitalsOutcome {
  readonly phases: readonly PhaseOutcome[];
  readonly fidelity: Fidelity;
  readonly judgingP99Ms: number | undefined;
  readonly load: { readonly applied: boolean; readonly summary: string };
}

const WORKERS = 'evaluate-vitals';
const POLL_MS = 200;
const MS_PER_S = 1_000;
/** What is told of readings that are in the stream: until the last of it has come, or never. */
const ALL_TOLD_MS = 60_000;

/** The whole on a stack of its own, alert workers beside it, the hospital in a process of its own. */
export async function runVitals(run: VitalsRun): Promise<VitalsOutcome> {
  const { config, seed, signal, progress, replicas } = run;
  const settings = { HEARTLINE_EVALUATE_VITALS_ENABLED: 'false' };
  progress.step('stack', 'Postgres, RabbitMQ, functions; and the workers that judge');
  const target = await startOwnStack(config, seed, settings, signal);
  try {
    const enabled = { name: 'HEARTLINE_EVALUATE_VITALS_ENABLED', value: 'true', because: 'the workers judge' };
    const definition = { function: WORKERS, replicas, settings: [enabled], scale: [], kill: [] };
    const workers = await startCaseWorkers(definition, target, signal);
    progress.done('stack', `${replicas} workers judge, the functions store`);
    try {
      const ended = Promise.race([target.ended, workers.ended]).then((message) => {
        throw new TransientError('lab_stack_ended', message);
      });
      return await Promise.race([measure(run, target, workers), ended]);
    } finally {
      await workers.stop();
    }
  } finally {
    await target.stop();
  }
}

async function measure(run: VitalsRun, target: LabTarget, workers: CaseWorkers): Promise<VitalsOutcome> {
  const { timeline, beds, rate, seed, signal, progress } = run;
  const { rabbitmq, metrics } = target.stack.endpoints;
  if (rabbitmq === undefined) throw new TransientError('lab_stack_ended', 'The stack has no broker.');
  const oracle = createOracle();
  const log = createAlertLog();
  const stops = [
    await tailSuperStream(rabbitmq.stream, 'vitals', oracle.take),
    await tailSuperStream(rabbitmq.stream, 'alerts', log.take),
  ];
  const gauges = startGauges(metrics, workers.metrics);
  const logFile = join(target.home, 'logs', 'ward.log');
  const load = startLoad({ url: devicesUrl(rabbitmq.mqtt), home: target.home, beds, rate, seed, timeline, logFile });
  try {
    const zeroMs = await firstReading(oracle, signal);
    for (const { says, fromS } of timeline.phases) {
      await until(zeroMs + fromS * MS_PER_S, signal);
      progress.step('vitals', `${says}: ${oracle.wanted.size} alert events so far`);
      if (fromS <= timeline.killAtS && timeline.killAtS < fromS + KILL_WITHIN_S) {
        await until(zeroMs + timeline.killAtS * MS_PER_S, signal);
        const [victim] = await workers.kill(1);
        progress.note('vitals', `worker ${victim} is ended by kill -9`);
      }
    }
    const end = await unlessAborted(signal, load.ended);
    const throughMs = Date.now();
    const isAllTold = await allTold(oracle, log, throughMs, signal);
    progress.done('vitals', isAllTold ? 'all that there is to tell is told' : 'something was not told within a minute');
    return {
      phases: timeline.phases.map((phase) => {
        const { perS, behindMax } = gauges.storing(spanOf(phase, zeroMs));
        return { ...phaseFigures(phase, zeroMs, oracle, log), storedPerS: perS, storingBehind: behindMax };
      }),
      fidelity: fidelityOf(oracle, log, throughMs),
      judgingP99Ms: gauges.judgingP99Ms(),
      load: end,
    };
  } finally {
    load.stop();
    gauges.stop();
    await Promise.all(stops.map((stop) => stop()));
  }
}

const KILL_WITHIN_S = 10;

/** Pulses go on, and with them silence is told of: what was caused by then is waited for. */
async function allTold(oracle: Oracle, { told }: AlertLog, throughMs: number, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + ALL_TOLD_MS;
  while (performance.now() < deadline) {
    const isRead = oracle.throughMs() > throughMs;
    const missing = [...oracle.wanted].some(([id, { causedMs }]) => causedMs <= throughMs && !told.has(id));
    if (isRead && !missing) return true;
    await sleep(POLL_MS, undefined, { signal });
  }
  return false;
}
