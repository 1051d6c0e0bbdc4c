import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleForK6 } from '../../localstack/setup/k6-bundle.ts';
import { obtainK6 } from '../../localstack/setup/obtain-go-tool.ts';
import type { Progress } from '../../localstack/setup/progress.ts';
import { findRecordings } from '../../localstack/ward/find-recordings.ts';
import { recordingFolders } from '../../localstack/ward/folders.ts';
import type { Config } from '../../shared/config.ts';
import { PermanentError, TransientError } from '../../shared/errors.ts';
import { comparedWith } from '../experiment/rules-of.ts';
import type { Experiment, ExperimentCase } from '../experiment/schema.ts';
import type { CaseResult, LabResult } from '../lab-result.ts';
import type { Measurements } from '../measure/measurements.ts';
import { applyMutant } from '../mutants/mutant-store.ts';
import { stageMutant } from '../mutants/stage-mutants.ts';
import { writeEpisodes } from './episodes.ts';
import { machine, versionsOf } from './machine.ts';
import { openTarget } from './open-target.ts';
import type { RunOptions } from './options.ts';
import type { LabTarget } from './own-stack.ts';
import { type PlannedPhase, planPhases } from './plan.ts';
import { type CaseRun, type CaseTick, runCase } from './run-case.ts';
import { settingsNeeded } from './running-stack.ts';

/** A stack's end is noticed twice a second. */
const END_NOTICE_MS = 1_000;
const MS_PER_S = 1_000;

export interface ExperimentRun {
  readonly experiment: Experiment;
  readonly options: RunOptions;
  readonly config: Config;
  /** The command that gives this run again. */
  readonly command: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly onTick: (one: ExperimentCase, index: number, plan: readonly PlannedPhase[], tick: CaseTick) => void;
  /** Called with the outcome before the last case's stack is stopped. */
  readonly beforeStop?: (result: LabResult, target: LabTarget) => Promise<void>;
}

/** What will be run. @throws PermanentError `argument` for options that do not fit the experiment */
export function planRun(experiment: Experiment, options: RunOptions) {
  const durationS = options.durationS ?? experiment.phaseSeconds;
  const mutant = options.mutant === undefined ? undefined : stageMutant(experiment.stage, options.mutant);
  const cases = chosenCases(experiment, options);
  for (const one of cases) {
    requireWholeRound(one, durationS);
    requireWorkerChanges(one, durationS);
  }
  const { rates, phaseRates } = experiment.load;
  const plans = new Map(
    cases.map((one) => [
      one.name,
      options.rates
        ? planPhases(durationS, options.rates)
        : planPhases(durationS, rates, { ...phaseRates, ...one.phaseRates }),
    ]),
  );
  return { cases, mutant, planOf: ({ name }: ExperimentCase) => plans.get(name) ?? [] };
}

/** A phase that is over before the link first goes down would prove nothing. */
function requireWholeRound({ name, toxics }: ExperimentCase, durationS: number): void {
  const roundsS = toxics.map((toxic) => (toxic.type === 'flap' ? (toxic.upMs + toxic.downMs) / MS_PER_S : 0));
  const longestS = Math.max(...roundsS);
  if (durationS >= longestS) return;
  const message = `In phases of ${durationS} s the link of case ${name}, which goes up and down within ${longestS} s, would not do so once: give --duration ${Math.ceil(longestS)} or more, or choose another --case.`;
  throw new PermanentError('argument', message);
}

/** Workers that are changed after the phase's last message would prove nothing either. */
function requireWorkerChanges({ name, workers }: ExperimentCase, durationS: number): void {
  const lastOf = (changes: readonly { afterSeconds: number }[] = []) =>
    Math.max(0, ...changes.map(({ afterSeconds }) => afterSeconds));
  for (const [latestS, done] of [
    [lastOf(workers?.scale), 'scaled'],
    [lastOf(workers?.kill), 'killed'],
  ] as const) {
    if (latestS < durationS) continue;
    const message = `In phases of ${durationS} s the workers of case ${name} would not be ${done}, which is ${latestS} s into one: give --duration ${Math.floor(latestS) + 1} or more, or choose another --case.`;
    throw new PermanentError('argument', message);
  }
}

/** Runs every case of an experiment, each on a stack that has seen nothing before. */
export async function runExperiment(run: ExperimentRun): Promise<LabResult> {
  const { experiment, options, config, progress } = run;
  const { cases, planOf, mutant } = planRun(experiment, options);
  const startedAt = new Date().toISOString();
  const k6 = await obtainK6(progress);
  await bundleForK6();
  const folder = join(config.home, 'lab');
  mkdirSync(folder, { recursive: true });
  const episodes = experiment.subject === 'alerts' ? await episodesIn(folder, run) : undefined;
  const about = {
    experiment: { name: experiment.name, title: experiment.title, claim: experiment.claim },
    command: run.command,
    startedAt,
    seed: options.seed,
    machine: machine(),
  };
  const results: CaseResult[] = [];
  const measured = new Map<string, Measurements>();
  let versions: Record<string, string> = {};
  const resultSoFar = (): LabResult => ({
    ...about,
    versions,
    finishedAt: new Date().toISOString(),
    cases: results,
    holds: results.every(({ holds }) => holds),
  });
  for (const [index, one] of cases.entries()) {
    await onTarget(run, one, async (target, signal) => {
      if (mutant !== undefined) {
        await applyMutant(target.stack.endpoints.postgres, mutant);
        progress.note('mutant', `${options.mutant}: ${mutant.title}`);
      }
      versions = await versionsOf(target, config.projectRoot, k6);
      const measurementsOf = (name: string) => measured.get(name);
      const prepared = { k6, episodes, plan: planOf(one), index, target, signal, measurementsOf };
      const { result, measurements } = await runCase(caseRun(run, one, prepared));
      results.push(result);
      measured.set(one.name, measurements);
      if (index === cases.length - 1) await run.beforeStop?.(resultSoFar(), target);
    });
  }
  return resultSoFar();
}

/** The recordings' episodes as a file that load scripts read. */
async function episodesIn(folder: string, { config, progress }: ExperimentRun): Promise<string> {
  const file = join(folder, 'episodes.json');
  const count = await writeEpisodes(file, await findRecordings(recordingFolders(config.recordings)));
  progress.done('episodes', `${count} labelled episodes of real recordings to send`);
  return file;
}

/** Those that are asked for, and before them those that they are compared with. */
function chosenCases({ name, cases }: Experiment, options: RunOptions): readonly ExperimentCase[] {
  const { caseName: wanted, running } = options;
  const needed = new Set(cases.flatMap((one) => (wanted === undefined || one.name === wanted ? [one.name] : [])));
  for (const one of cases.toReversed())
    if (needed.has(one.name)) for (const other of comparedWith(one)) needed.add(other);
  const found = cases.filter((one) => needed.has(one.name));
  const unfit = running ? found.map(settingsNeeded).find((error) => error !== undefined) : undefined;
  if (unfit) throw unfit;
  if (found.length > 0) return found;
  const names = cases.map((one) => one.name).join(', ');
  throw new PermanentError('argument', `${name} has no case '${wanted}'. It has: ${names}`);
}

/** Hands over a stack for a case and closes it again; the stack's own end, as an interrupt, ends the work on it. */
async function onTarget(
  { experiment, options, config, progress, signal }: ExperimentRun,
  one: ExperimentCase,
  work: (target: LabTarget, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { seed, running } = options;
  const say = (text: string) => progress.done('links', text);
  progress.step('stack', `${running ? 'preparing the' : 'starting a'} stack for ${experiment.name}, ${one.name} …`);
  const target = await openTarget({ config, experiment, case: one, seed, running, signal, say });
  const died = new AbortController();
  let closing = false;
  target.ended.then((how) => {
    if (!closing) died.abort(new TransientError('lab_stack_ended', how));
  });
  try {
    await work(target, AbortSignal.any([signal, died.signal]));
  } catch (error) {
    // A stack that ends takes down what the work needs: that is the cause to name.
    if (!signal.aborted) await Promise.race([target.ended, sleep(END_NOTICE_MS)]);
    died.signal.throwIfAborted();
    throw error;
  } finally {
    closing = true;
    await target.stop();
  }
}

interface Prepared {
  k6: string;
  episodes: string | undefined;
  plan: readonly PlannedPhase[];
  index: number;
  target: LabTarget;
  signal: AbortSignal;
  measurementsOf: CaseRun['measurementsOf'];
}

function caseRun({ experiment, options, onTick }: ExperimentRun, one: ExperimentCase, prepared: Prepared): CaseRun {
  const { k6, episodes, plan, index, target, signal, measurementsOf } = prepared;
  return {
    experiment,
    case: one,
    target,
    plan,
    seed: options.seed,
    mutant: options.mutant,
    k6,
    signal,
    measurementsOf,
    load: {
      ...experiment.load.environment,
      ...one.load,
      PHASES: JSON.stringify(plan),
      SEED: String(options.seed),
      ...(episodes === undefined ? {} : { EPISODES: episodes }),
      BASE_URL: target.links.producers.http,
      WEB_MQTT_URL: target.links.producers.webMqtt,
    },
    onTick: (tick) => onTick(one, index, plan, tick),
  };
}
