import { join } from 'node:path';
import { gatewayLogin, mqttEnvironment } from '../../shared/access/gateway-login.ts';
import { loadTokens } from '../../shared/access/local-token.ts';
import { config } from '../../shared/config.ts';
import { TransientError } from '../../shared/errors.ts';
import type { Experiment, ExperimentCase } from '../experiment/schema.ts';
import type { CaseResult } from '../lab-result.ts';
import { linkToxics } from '../links/toxics.ts';
import { createK6Recorder, type K6Recorder, readK6 } from '../measure/k6-recorder.ts';
import type { Measurements } from '../measure/measurements.ts';
import { type ScrapeSampler, startScrapeSampler } from '../measure/scrape-sampler.ts';
import type { MetricRef, PhaseWindow } from '../measure/selector.ts';
import { untilCaughtUp } from '../workers/caught-up.ts';
import { caseResult } from './case-result.ts';
import { checkCase } from './check-case.ts';
import { driveChanges } from './drive-changes.ts';
import { type K6End, type K6Run, startK6 } from './k6-process.ts';
import { LAG } from './lag-turn.ts';
import type { LabTarget } from './own-stack.ts';
import { type PlannedPhase, windowsOf } from './plan.ts';
import { unlessAborted } from './unless-aborted.ts';

const MS_PER_S = 1_000;
const POLL_MS = 50;
/** k6 compiles its script and opens connections before the first message. */
const FIRST_MESSAGE_TIMEOUT_MS = 60_000;
/** Of what comes through k6 every run needs this one: it says what was sent. */
const SENT: MetricRef = { metric: 'producer_sent_msgs' };
/** By which a trigger that loses its source is noticed. */
const CONNECTED = 'trigger_connected';
const MICROSECONDS_PER_S = 1_000_000;

export interface CaseRun {
  readonly experiment: Experiment;
  readonly case: ExperimentCase;
  readonly target: LabTarget;
  readonly plan: readonly PlannedPhase[];
  readonly seed: number;
  /** What was made wrong on purpose. */
  readonly mutant: string | undefined;
  readonly k6: string;
  /** Environment of the load script. */
  readonly load: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onTick: (tick: CaseTick) => void;
  /** Of a case that was run before. */
  readonly measurementsOf: (caseName: string) => Measurements | undefined;
}

/** What a case leaves: its result, and for cases after it what was measured. */
export interface CaseOutcome {
  readonly result: CaseResult;
  readonly measurements: Measurements;
}

/** What a person who watches wants to see now. */
export interface CaseTick {
  readonly elapsedS: number;
  readonly disturbed: boolean;
  /** Messages sent so far. */
  readonly sent: number;
  /** In the last second. */
  readonly sentLately: number;
}

/** Runs one case on a stack that is ready: load through the three phases, faults in and out in the quiet between, then the verdict. */
export async function runCase(run: CaseRun): Promise<CaseOutcome> {
  const { target, plan, signal } = run;
  const refs = refsOf(run);
  const recorder = createK6Recorder({ wanted: [SENT, ...refs] });
  const cpu = process.cpuUsage();
  const beganAt = performance.now();
  const sampler = startScrapeSampler({
    urls: [target.stack.endpoints.metrics, ...(target.workers ? [target.workers.metrics] : [])],
    families: [...new Set([CONNECTED, LAG, ...refs.map(({ metric }) => metric)])],
  });
  const folder = join(target.home, 'run');
  const script = join(import.meta.dirname, '..', '..', 'k6', `${run.experiment.load.script}.ts`);
  const toxics = linkToxics(target.links);
  await toxics.set(run.case.throughout);
  const secrets = { ...(await loadTokens()), ...mqttEnvironment(await gatewayLogin(config().access, 'k6')) };
  const k6 = startK6({ program: run.k6, script, environment: { ...run.load }, secrets, folder });
  const reading = readK6(k6.points, recorder);
  try {
    const startMs = await firstMessage(recorder, k6, plan, signal);
    const changes = await driveChanges(run, { startMs, toxics, k6, sent: () => sumOf(recorder, SENT) });
    await reading;
    const windows = windowsOf(plan, startMs);
    await untilSettled(windows, sampler, signal);
    await toxics.set([]);
    const queue = queueOf(run);
    const behind = queue === undefined ? 0 : await untilCaughtUp(queue, signal);
    await sampler.sampleNow();
    await sampler.stop();
    const used = process.cpuUsage(cpu);
    const labCpuShare = (used.user + used.system) / MICROSECONDS_PER_S / ((performance.now() - beganAt) / MS_PER_S);
    const settledMs = Date.now();
    const checked = await unlessAborted(signal, checkCase(run, recorder, windows));
    return caseResult(run, {
      recorder,
      sampler,
      ...checked,
      windows,
      settledMs,
      behind,
      startMs,
      labCpuShare,
      changes,
    });
  } finally {
    await k6.stop();
    await reading.catch(() => undefined);
    await sampler.stop();
    // A stack that goes on running is left as it was found.
    await toxics.set([]).catch(() => undefined);
  }
}

/** Waits for the first message of the baseline, and says when the load's clock began. */
async function firstMessage(
  recorder: K6Recorder,
  k6: K6Run,
  plan: readonly PlannedPhase[],
  signal: AbortSignal,
): Promise<number> {
  const deadline = performance.now() + FIRST_MESSAGE_TIMEOUT_MS;
  let over: K6End | undefined;
  k6.ended.then(
    (end) => {
      over = end;
    },
    () => undefined,
  );
  for (;;) {
    signal.throwIfAborted();
    if (over)
      throw new TransientError(
        'lab_load',
        `The load ended before its first message (k6 ended by ${over.failure ?? 'code 0'}):\n${over.output}`,
      );
    const sent = recorder.find(SENT)?.get('baseline');
    if (sent) return Math.min(...sent.kept().atMs) - (plan[0]?.startS ?? 0) * MS_PER_S;
    if (performance.now() > deadline) throw new TransientError('lab_load', 'The load sent nothing within a minute.');
    await pause(POLL_MS);
  }
}

/** The page of metrics that tells how far behind those are who read what was sent; undefined where nobody may be. */
function queueOf({ experiment, target }: CaseRun): string | undefined {
  if (target.workers) return target.workers.metrics;
  return experiment.subject === 'alerts' ? undefined : target.stack.endpoints.metrics;
}

/** The last phase's figures are of its own conditions, and k6 may end before its last message has arrived. */
async function untilSettled(
  windows: readonly PhaseWindow[],
  sampler: ScrapeSampler,
  signal: AbortSignal,
): Promise<void> {
  const settledMs = Math.max(...windows.map(({ toMs, settledMs = toMs }) => settledMs));
  while (Date.now() <= settledMs) {
    signal.throwIfAborted();
    await pause(POLL_MS);
  }
  await sampler.sampleNow();
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function sumOf(recorder: K6Recorder, ref: MetricRef): number {
  return [...(recorder.find(ref)?.values() ?? [])].reduce((sum, { count }) => sum + count, 0);
}

/** Every metric that the experiment asks about. */
function refsOf({ experiment, case: one }: CaseRun): MetricRef[] {
  const selectors = [...one.expectations, ...experiment.charts.flatMap(({ series }) => series)];
  return selectors.flatMap(({ metric, labels, ratioTo }) => [
    labels === undefined ? { metric } : { metric, labels },
    ...(ratioTo === undefined ? [] : [{ metric: ratioTo }]),
  ]);
}
