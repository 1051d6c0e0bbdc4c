import type { Config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { createDatabase } from '../../shared/postgres/database.ts';
import { isStackAlive, readStack } from '../../shared/stack-file.ts';
import { resetStage } from '../../shared/stages/reset-store.ts';
import type { Experiment, ExperimentCase } from '../experiment/schema.ts';
import { readLinks } from '../links/links-file.ts';
import { linkToxics } from '../links/toxics.ts';
import type { LabTarget } from './own-stack.ts';

const RESET_TIMEOUT_MS = 10_000;
const ALIVE_CHECK_MS = 500;

/** What a case that needs settings of its own is answered with, or undefined for a case that fits a stack that runs. */
export function settingsNeeded({ name, settings }: ExperimentCase): PermanentError | undefined {
  if (settings.length === 0) return undefined;
  const needed = settings.map((one) => `${one.name}=${one.value}`).join(' ');
  const message = `Case ${name} needs ${needed}, which a running stack does not change: leave out --running, or choose another --case.`;
  return new PermanentError('lab_settings', message);
}

/**
 * The stack of `npm run lab -- start`, with nothing of the stage stored and no link disturbed; faults set by hand are back in when the
 * case is over.
 * @throws PermanentError `lab_not_running`
 */
export async function useRunningStack(
  { home }: Config,
  { stage }: Experiment,
  say: (text: string) => void,
): Promise<LabTarget> {
  const [stack, links] = [readStack(home), readLinks(home)];
  if (!stack || !isStackAlive(stack)) {
    throw new PermanentError('lab_not_running', 'No stack is running. Start one: npm run lab -- start');
  }
  if (!links) {
    const message =
      'The stack that is running has no links to disturb. Stop it, and start one that has: npm run lab -- start';
    throw new PermanentError('lab_not_running', message);
  }
  const toxics = linkToxics(links);
  const byHand = await toxics.list();
  if (byHand.length > 0) say(`${byHand.map(({ name }) => name).join(', ')}: out for the run, back in after it`);
  await toxics.set([]);
  try {
    await emptyStage(stack.endpoints.postgres, stage);
  } catch (error) {
    await toxics.set(byHand);
    throw error;
  }
  let watch: NodeJS.Timeout | undefined;
  const ended = new Promise<string>((resolve) => {
    watch = setInterval(() => {
      if (!isStackAlive(stack)) resolve(`The stack ended during the run. Its logs are in ${stack.logs}`);
    }, ALIVE_CHECK_MS);
  });
  return {
    stack,
    links,
    home,
    isOwn: false,
    ended,
    async stop() {
      clearInterval(watch);
      if (isStackAlive(stack)) await toxics.set(byHand);
    },
  };
}

async function emptyStage(url: string, stage: string): Promise<void> {
  // One connection: what is set for the session is read by the next statement.
  const database = createDatabase({
    url,
    poolSize: 1,
    timeoutMs: RESET_TIMEOUT_MS,
    applicationName: 'heartline-lab',
  });
  try {
    await resetStage(database, stage);
  } finally {
    await database.close();
  }
}
