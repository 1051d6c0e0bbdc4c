import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startManagedProcess } from '../../localstack/services/managed-process.ts';
import { endLeftover } from '../../localstack/services/pid-file.ts';
import { freePort } from '../../localstack/services/ports.ts';
import { freeStackPorts } from '../../localstack/stack/stack-ports.ts';
import { type Config, configFrom } from '../../shared/config.ts';
import { PORTS } from '../../shared/config-schema.ts';
import { readStack, type Stack } from '../../shared/stack-file.ts';
import { type Links, readLinks } from '../links/links-file.ts';

const READY_TIMEOUT_MS = 180_000;
/** The stack's own deadline to drain is 15 s, and its broker's to stop 20 s. */
const STOP_GRACE_MS = 45_000;
const labCommand = join(import.meta.dirname, '..', '..', 'localstack', 'commands', 'lab.ts');

/** The stack an experiment is run on: where it is, and its links. */
export interface LabTarget {
  stack: Stack;
  links: Links;
  home: string;
  /** Started for this case alone: nobody else sends. */
  isOwn: boolean;
  /** Settles when the stack ended without being asked to; never for one that runs elsewhere. */
  ended: Promise<void>;
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
): Promise<LabTarget> {
  const home = ownStackHome(config.home);
  const pidFile = join(config.home, 'lab', 'stack.pid.json');
  await endLeftover(pidFile);
  await rm(home, { recursive: true, force: true });
  const ports = { ...(await freeStackPorts()), toxiproxy: await freePort() };
  const portSettings = Object.entries(ports).map(([name, port]) => [
    PORTS[name as keyof typeof PORTS].variable,
    String(port),
  ]);
  const environment = { ...Object.fromEntries(portSettings), ...settings, HEARTLINE_HOME: home, NO_COLOR: '1' };
  // A wrong setting is said now, not in the log of a process that did not start.
  configFrom({ ...environment });
  const running = await startManagedProcess({
    name: 'the experiment’s stack',
    file: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', labCommand, 'start', '--seed', String(seed)],
    cwd: config.projectRoot,
    env: { ...withoutServices(process.env), ...environment },
    logFile: join(home, 'logs', 'stack.log'),
    pidFile,
    stopSignal: 'SIGTERM',
    stopGraceMs: STOP_GRACE_MS,
    readyTimeoutMs: READY_TIMEOUT_MS,
    isReady: async () => readLinks(home) !== undefined && readStack(home) !== undefined,
  });
  const [stack, links] = [readStack(home), readLinks(home)];
  if (!stack || !links) throw new Error('the stack that has just started is gone');
  return { stack, links, home, isOwn: true, ended: running.exited, stop: running.stop };
}

/** Services given by URL are somebody's own: an experiment with a stack of its own does not break those. */
function withoutServices(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^HEARTLINE_\w+_(URL|PORT)$/.test(name)));
}
