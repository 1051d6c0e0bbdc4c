import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startManagedProcess } from '../../localstack/services/managed-process.ts';
import { endLeftover } from '../../localstack/services/pid-file.ts';
import { type Config, configFrom } from '../../shared/config.ts';
import { readStack, type Stack } from '../../shared/stack-file.ts';
import { type Links, readLinks } from '../links/links-file.ts';
import type { CaseWorkers } from '../workers/case-workers.ts';
import { ownPorts, portSettings } from './own-ports.ts';

const READY_TIMEOUT_MS = 180_000;
/** The stack's own deadline to drain is 15 s, and its broker's to stop 20 s. */
const STOP_GRACE_MS = 45_000;
/** What the stack says went wrong. */
const COMPLAINT = /^[✗!]/;
const MOST_COMPLAINTS = 4;
const labCommand = join(import.meta.dirname, '..', '..', 'localstack', 'commands', 'lab.ts');

/** The stack an experiment is run on: where it is, and its links. */
export interface LabTarget {
  stack: Stack;
  links: Links;
  home: string;
  /** Of a case that has them. */
  workers?: CaseWorkers;
  /** Started for this case alone: nobody else sends. */
  isOwn: boolean;
  /** Resolves with what there is to say when the stack ends. */
  ended: Promise<string>;
  stop(): Promise<void>;
}

/** Where an experiment's own stack lives. */
export const ownStackHome = (home: string) => join(home, 'lab', 'stack');

/**
 * Starts a stack of the experiment's own: an empty folder, free ports, and a process of its own, so that what the lab itself uses
 * of the machine can be told apart.
 */
export async function startOwnStack(
  config: Config,
  seed: number,
  settings: Record<string, string>,
  signal: AbortSignal,
): Promise<LabTarget> {
  const home = ownStackHome(config.home);
  const pidFile = join(config.home, 'lab', 'stack.pid.json');
  await endLeftover(pidFile);
  await rm(home, { recursive: true, force: true });
  // Who reads it and loads it signs with the keys that it verifies with.
  const own = { HEARTLINE_KEYS: config.access.keyFolder };
  const environment = { ...portSettings(await ownPorts()), ...settings, ...own, HEARTLINE_HOME: home, NO_COLOR: '1' };
  // A wrong setting is said now, not in the log of a process that did not start.
  configFrom({ ...environment });
  const logFile = join(home, 'logs', 'stack.log');
  const running = await startManagedProcess({
    name: 'the experiment’s stack',
    file: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', labCommand, 'start', '--seed', String(seed)],
    cwd: config.projectRoot,
    env: { ...withoutServices(process.env), ...environment },
    logFile,
    pidFile,
    stopSignal: 'SIGTERM',
    stopGraceMs: STOP_GRACE_MS,
    readyTimeoutMs: READY_TIMEOUT_MS,
    isReady: async () => signal.aborted || (readLinks(home) !== undefined && readStack(home) !== undefined),
  });
  if (signal.aborted) {
    await running.stop();
    signal.throwIfAborted();
  }
  const [stack, links] = [readStack(home), readLinks(home)];
  if (!stack || !links) throw new Error('the stack that has just started is gone');
  const ended = running.exited.then(
    () => `The stack ended during the run.${complaints(logFile)}\n  Its logs are in ${stack.logs}`,
  );
  return { stack, links, home, isOwn: true, ended, stop: running.stop };
}

/** Its last complaints; a stack that was killed has none. */
function complaints(file: string): string {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => COMPLAINT.test(line));
  return lines
    .map((line) => `\n  ${line}`)
    .slice(-MOST_COMPLAINTS)
    .join('');
}

/** Services given by URL are somebody's own: an experiment with a stack of its own does not break those. Its links are read, so without TLS. */
function withoutServices(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^HEARTLINE_((?!JWKS_)\w+_(URL|PORT)|TLS_DIR)$/.test(name)),
  );
}
