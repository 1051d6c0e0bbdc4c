import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { bundleForK6 } from '../../localstack/setup/k6-bundle.ts';
import { obtainK6 } from '../../localstack/setup/obtain-go-tool.ts';
import type { Progress } from '../../localstack/setup/progress.ts';
import { versionOutput } from '../../localstack/setup/run-program.ts';
import { findRecordings } from '../../localstack/ward/find-recordings.ts';
import { recordingFolders } from '../../localstack/ward/folders.ts';
import type { Config } from '../../shared/config.ts';
import { PermanentError, TransientError } from '../../shared/errors.ts';
import type { Experiment, ExperimentCase } from '../experiment/schema.ts';
import type { CaseResult, LabResult } from '../lab-result.ts';
import { writeEpisodes } from './episodes.ts';
import { openTarget } from './open-target.ts';
import type { RunOptions } from './options.ts';
import type { LabTarget } from './own-stack.ts';
import { type PlannedPhase, planPhases } from './plan.ts';
import { type CaseTick, runCase } from './run-case.ts';

const BYTES_PER_GIB = 1024 ** 3;

export interface ExperimentRun {
  readonly experiment: Experiment;
  readonly options: RunOptions;
  readonly config: Config;
  /** The command that gives this run again. */
  readonly command: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly onTick: (one: ExperimentCase, index: number, plan: readonly PlannedPhase[], tick: CaseTick) => void;
  /** Called with the last case's stack before it is stopped. */
  readonly beforeStop?: (target: LabTarget) => Promise<void>;
}

/** Runs every case of an experiment, each on a stack that has seen nothing before. */
export async function runExperiment(run: ExperimentRun): Promise<LabResult> {
  const { experiment, options, config, progress } = run;
  const cases = chosenCases(experiment, options.caseName);
  const startedAt = new Date().toISOString();
  const k6 = await obtainK6(progress);
  await bundleForK6();
  const folder = join(config.home, 'lab');
  mkdirSync(folder, { recursive: true });
  const episodes = join(folder, 'episodes.json');
  const count = await writeEpisodes(episodes, await findRecordings(recordingFolders(config.recordings)));
  progress.done('episodes', `${count} labelled episodes of real recordings to send`);
  const plan = planPhases(options.durationS ?? experiment.phaseSeconds, options.rates ?? experiment.load.rates);
  const results: CaseResult[] = [];
  for (const [index, one] of cases.entries()) {
    const last = index === cases.length - 1;
    results.push(await runOne(run, one, { k6, episodes, plan, index, last }));
  }
  return {
    experiment: { name: experiment.name, title: experiment.title, claim: experiment.claim },
    command: run.command,
    startedAt,
    finishedAt: new Date().toISOString(),
    seed: options.seed,
    machine: machine(),
    versions: await versions(config, k6),
    cases: results,
    holds: results.every((result) => result.holds),
  };
}

function chosenCases({ name, cases }: Experiment, wanted: string | undefined): readonly ExperimentCase[] {
  if (wanted === undefined) return cases;
  const found = cases.filter((one) => one.name === wanted);
  if (found.length > 0) return found;
  const names = cases.map((one) => one.name).join(', ');
  throw new PermanentError('argument', `${name} has no case '${wanted}'. It has: ${names}`);
}

interface Prepared {
  k6: string;
  episodes: string;
  plan: readonly PlannedPhase[];
  index: number;
  last: boolean;
}

async function runOne(run: ExperimentRun, one: ExperimentCase, { k6, episodes, plan, index, last }: Prepared) {
  const { experiment, options, config, progress, signal } = run;
  signal.throwIfAborted();
  progress.step('stack', `starting a stack for ${experiment.name}, ${one.name} …`);
  const target = await openTarget({ config, experiment, case: one, seed: options.seed, running: options.running });
  const { links } = target;
  try {
    const working = runCase({
      experiment,
      case: one,
      target,
      plan,
      seed: options.seed,
      k6,
      signal,
      load: {
        ...experiment.load.environment,
        ...one.load,
        PHASES: JSON.stringify(plan),
        SEED: String(options.seed),
        EPISODES: episodes,
        BASE_URL: links.producers.http,
        WEB_MQTT_URL: links.producers.webMqtt,
      },
      onTick: (tick) => run.onTick(one, index, plan, tick),
    });
    const died = target.ended.then(() => {
      throw new TransientError('lab_stack_ended', `The stack ended during the run; its log is in ${target.stack.logs}`);
    });
    // Whichever comes second has nobody to tell.
    died.catch(() => undefined);
    working.catch(() => undefined);
    const result = await Promise.race([working, died]);
    if (last) await run.beforeStop?.(target);
    return result;
  } finally {
    await target.stop();
  }
}

function machine(): string {
  const { length } = cpus();
  const memory = Math.round(totalmem() / BYTES_PER_GIB);
  return `${length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${memory} GiB, ${type()} ${release()}`;
}

/** Of what takes part: programs, and the packages that handle messages. */
async function versions({ projectRoot }: Config, k6: string): Promise<Record<string, string>> {
  const manifest = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const packages = ['mqtt', 'pg', 'osls', 'serverless-offline', '@middy/core', 'echarts'];
  const k6Version = /v[\d.]+/.exec((await versionOutput(k6, ['version'])) ?? '')?.[0] ?? 'unknown';
  return {
    heartline: manifest.version,
    node: process.versions.node,
    k6: k6Version,
    ...Object.fromEntries(packages.map((name) => [name, manifest.dependencies[name] ?? 'unknown'])),
  };
}
