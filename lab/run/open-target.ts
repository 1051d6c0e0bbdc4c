import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../shared/config.ts';
import { TransientError } from '../../shared/errors.ts';
import type { Experiment, ExperimentCase, WorkersDefinition } from '../experiment/schema.ts';
import { startCaseWorkers } from '../workers/case-workers.ts';
import { type LabTarget, startOwnStack } from './own-stack.ts';
import { useRunningStack } from './running-stack.ts';

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 100;
const PROBE_TIMEOUT_MS = 2_000;

export interface TargetOptions {
  config: Config;
  experiment: Experiment;
  case: ExperimentCase;
  seed: number;
  /** Uses the stack that runs, instead of one of its own. */
  running: boolean;
  signal: AbortSignal;
  say: (text: string) => void;
}

/** A stack for one case: ready, undisturbed, and with nothing of the stage stored. */
export async function openTarget(options: TargetOptions): Promise<LabTarget> {
  const { config, experiment, case: one, seed, running, signal, say } = options;
  const settings = Object.fromEntries(one.settings.map(({ name, value }) => [name, value]));
  const target = running
    ? await useRunningStack(config, experiment, say)
    : await startOwnStack(config, seed, settings, signal);
  try {
    await untilReady(target, options);
    return one.workers === undefined ? target : await withWorkers(target, one.workers, signal);
  } catch (error) {
    await target.stop();
    throw error;
  }
}

/** The same stack with worker processes beside it, which end before it does. */
async function withWorkers(target: LabTarget, wanted: WorkersDefinition, signal: AbortSignal): Promise<LabTarget> {
  const workers = await startCaseWorkers(wanted, target, signal);
  return {
    ...target,
    workers,
    ended: Promise.race([target.ended, workers.ended]),
    async stop() {
      await workers.stop();
      await target.stop();
    },
  };
}

/** Ready: every dependency answers, and the consumer's trigger is connected. */
async function untilReady(
  { stack, ended }: LabTarget,
  { experiment: { consumer }, signal }: TargetOptions,
): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  let end: string | undefined;
  ended.then((how) => {
    end = how;
  });
  for (;;) {
    signal.throwIfAborted();
    const lacking = await notReady(stack.endpoints, consumer);
    if (lacking === undefined) return;
    if (end !== undefined) throw new TransientError('lab_stack_ended', end);
    if (performance.now() > deadline) {
      throw new TransientError('lab_stack_not_ready', `The stack was not ready within a minute: ${lacking}`);
    }
    await sleep(READY_POLL_MS);
  }
}

async function notReady(
  { http, metrics }: LabTarget['stack']['endpoints'],
  consumer: string | undefined,
): Promise<string | undefined> {
  const [ready, page] = await Promise.all([textOf(`${http}/readyz`), textOf(metrics)]);
  if (!ready.ok) return `${http}/readyz: ${ready.text}`;
  if (!page.ok) return `${metrics}: ${page.text}`;
  const connected = new RegExp(`^trigger_connected\\{[^}]*function="${consumer}"[^}]*\\} 1$`, 'm');
  return consumer === undefined || connected.test(page.text)
    ? undefined
    : `the trigger of ${consumer} is not connected`;
}

async function textOf(url: string): Promise<{ ok: boolean; text: string }> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return { ok: answer.ok, text: await answer.text() };
  } catch (error) {
    return { ok: false, text: error instanceof Error ? error.message : String(error) };
  }
}
