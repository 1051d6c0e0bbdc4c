import type { HealthAnswer } from '../observability/metrics-server.ts';
import type { ReplicaStatus } from './slot.ts';

/**
 * Whether the worker does its work: every replica runs, and each of its sources is connected. An open circuit is `degraded`: nothing
 * but what stands behind it can mend that. How far behind it is is told and not judged.
 */
export function workerReadiness(replicas: readonly ReplicaStatus[]): HealthAnswer {
  const isRunning = ({ state, sources }: ReplicaStatus) =>
    state === 'ready' && sources.every(({ status }) => status === 'running');
  const ready = replicas.length > 0 && replicas.every(isRunning);
  const isWell = replicas.every(({ circuits }) => circuits.every(({ state }) => state === 'closed'));
  const status = ready ? (isWell ? 'ready' : 'degraded') : 'not ready';
  const shown = replicas.map(({ number, state, restarts, sources, circuits }) => ({
    replica: number,
    state,
    restarts,
    sources,
    circuits,
  }));
  return { ready, body: { status, replicas: shown } };
}
