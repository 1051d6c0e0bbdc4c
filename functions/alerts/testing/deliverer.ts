import { fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, 'delivery-process.ts');

export interface Deliverer {
  /** Resolves with the signal that ended it. */
  readonly ended: Promise<NodeJS.Signals | null>;
  kill(): void;
}

interface Ends {
  readonly step: string;
  readonly channel?: string;
}

/** Starts delivery-process.ts; resolves when its sources run, or when it has ended. */
export async function startDeliverer(
  environment: Readonly<Record<string, string>>,
  { at, mutant = 'none' }: { readonly at?: Ends; readonly mutant?: string } = {},
): Promise<Deliverer> {
  const child = fork(PROGRAM, [at?.step ?? '', at?.channel ?? '', mutant], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      HEARTLINE_HOME: join(tmpdir(), 'heartline-no-stack'),
      HEARTLINE_LOG_LEVEL: 'error',
      ...environment,
    },
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  await Promise.race([new Promise((resolve) => child.once('message', resolve)), ended]);
  return { ended, kill: () => void child.kill('SIGKILL') };
}
