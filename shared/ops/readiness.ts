import { z } from 'zod';
import { HeartlineError } from '../errors.ts';

/** A load balancer asks every few seconds and gives up within one or two. */
export const READINESS_LIMIT_MS = 1_000;

export interface Check {
  /** Resolves when the dependency can serve; what it throws says why it cannot. */
  ask: () => Promise<unknown>;
  /** Without it requests cannot be served at all: some function needs it for each of its answers. */
  required: boolean;
}

export const dependencyState = z.strictObject({
  name: z.string(),
  status: z.enum(['up', 'down']),
  required: z.boolean().describe('without it requests cannot be served'),
  latencyMs: z.int(),
  reason: z.string().describe('why it is down').exactOptional(),
});
type DependencyState = z.infer<typeof dependencyState>;

export interface Readiness {
  ready: boolean;
  dependencies: DependencyState[];
}

function reasonOf(error: unknown): string {
  if (!(error instanceof HeartlineError)) return 'the check failed; see the log';
  return `${error.code}: ${error.message}`;
}

/** What the promise comes to, or `late` after the limit. What it throws is `failed`'s. */
export async function withinLimit<T>(
  limitMs: number,
  promise: Promise<T>,
  late: T,
  failed: (error: unknown) => T,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late), limitMs);
  });
  const result = await Promise.race([promise.catch(failed), over]);
  clearTimeout(timer);
  return result;
}

async function stateOf(name: string, { ask, required }: Check, limitMs: number): Promise<DependencyState> {
  const startedAt = performance.now();
  const answer = ask().then(() => undefined);
  const reason = await withinLimit<string | undefined>(limitMs, answer, `no answer within ${limitMs} ms`, reasonOf);
  const latencyMs = Math.round(performance.now() - startedAt);
  const state = { name, required, latencyMs };
  return reason === undefined ? { ...state, status: 'up' } : { ...state, status: 'down', reason };
}

/** Asks every dependency at once, each within the limit: the answer comes in bounded time whatever hangs. */
export async function readinessOf(checks: Record<string, Check>, limitMs = READINESS_LIMIT_MS): Promise<Readiness> {
  const dependencies = await Promise.all(Object.entries(checks).map(([name, check]) => stateOf(name, check, limitMs)));
  return { ready: dependencies.every(({ status, required }) => status === 'up' || !required), dependencies };
}
