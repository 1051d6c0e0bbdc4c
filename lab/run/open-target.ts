import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../shared/config.ts';
import { PermanentError, TransientError } from '../../shared/errors.ts';
import { createDatabase } from '../../shared/postgres/database.ts';
import { isStackAlive, readStack } from '../../shared/stack-file.ts';
import { resetStage } from '../../shared/stages/reset-store.ts';
import type { Experiment, ExperimentCase } from '../experiment/schema.ts';
import { readLinks } from '../links/links-file.ts';
import { linkToxics } from '../links/toxics.ts';
import { type LabTarget, startOwnStack } from './own-stack.ts';

const RESET_TIMEOUT_MS = 10_000;
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
}

/** A stack for one case: ready, undisturbed, and with nothing of the stage stored. */
export async function openTarget(options: TargetOptions): Promise<LabTarget> {
  const { config, case: one, seed, running } = options;
  const settings = Object.fromEntries(one.settings.map(({ name, value }) => [name, value]));
  const target = running ? await runningStack(options) : await startOwnStack(config, seed, settings);
  try {
    await untilReady(target, options.experiment.consumer);
    return target;
  } catch (error) {
    await target.stop();
    throw error;
  }
}

async function runningStack({ config, experiment, case: one }: TargetOptions): Promise<LabTarget> {
  const { home } = config;
  const [stack, links] = [readStack(home), readLinks(home)];
  if (!stack || !links || !isStackAlive(stack)) {
    throw new PermanentError('lab_not_running', 'No stack with links is running. Start one: npm run lab -- start');
  }
  if (one.settings.length > 0) {
    const needed = one.settings.map(({ name, value }) => `${name}=${value}`).join(' ');
    const message = `Case ${one.name} needs ${needed}, which a running stack does not change: leave out --running, or choose another --case.`;
    throw new PermanentError('lab_settings', message);
  }
  await linkToxics(links).set([]);
  // One connection: what is set for the session is read by the next statement.
  const database = createDatabase({
    url: stack.endpoints.postgres,
    poolSize: 1,
    timeoutMs: RESET_TIMEOUT_MS,
    applicationName: 'heartline-lab',
  });
  try {
    await resetStage(database, experiment.stage);
  } finally {
    await database.close();
  }
  return { stack, links, home, isOwn: false, ended: new Promise<void>(() => undefined), stop: async () => undefined };
}

/** Ready: every dependency answers, and the consumer's trigger is connected. */
async function untilReady({ stack }: LabTarget, consumer: string | undefined): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const lacking = await notReady(stack.endpoints, consumer);
    if (lacking === undefined) return;
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
