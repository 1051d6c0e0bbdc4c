import { HeartlineError } from '../errors.ts';

/** A load balancer asks every few seconds and gives up within one or two. */
export const READINESS_LIMIT_MS = 1_000;

/** Resolves when the dependency can serve; what it throws says why it cannot. */
export type Check = () => Promise<void>;

interface DependencyState {
  name: string;
  status: 'up' | 'down';
  latencyMs: number;
  /** Why it is down. */
  reason?: string;
}

export interface Readiness {
  ready: boolean;
  dependencies: DependencyState[];
}

function reasonOf(error: unknown): string {
  if (!(error instanceof HeartlineError)) return 'the check failed; see the log';
  return `${error.code}: ${error.message}`;
}

async function stateOf(name: string, check: Check, limitMs: number): Promise<DependencyState> {
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${limitMs} ms`), limitMs);
  });
  const reason = await Promise.race([check().then(() => undefined, reasonOf), late]);
  clearTimeout(timer);
  const latencyMs = Math.round(performance.now() - startedAt);
  return reason === undefined ? { name, status: 'up', latencyMs } : { name, status: 'down', latencyMs, reason };
}

/** Asks every dependency at once, each within the limit: the answer comes in bounded time whatever hangs. */
export async function readinessOf(checks: Record<string, Check>, limitMs = READINESS_LIMIT_MS): Promise<Readiness> {
  const dependencies = await Promise.all(Object.entries(checks).map(([name, check]) => stateOf(name, check, limitMs)));
  return { ready: dependencies.every(({ status }) => status === 'up'), dependencies };
}
