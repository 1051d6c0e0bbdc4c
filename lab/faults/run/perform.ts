import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultAction } from '../schedule/fault.ts';
import type { System } from './system.ts';

/**
 * Does one fault to the system. Resolves when its cause is gone: from then on recovery counts. Rejects when the signal is
 * aborted; a killed service then stays away.
 */
export async function perform(action: FaultAction, system: System, signal?: AbortSignal): Promise<void> {
  const { broker, database, links, devices, workers } = system;
  const pause = (ms: number) => sleep(ms, undefined, signal ? { signal } : {});
  switch (action.kind) {
    case 'worker-kill':
      send(chosen(workers.pids(), action.draw), 'SIGKILL');
      return;
    case 'worker-freeze':
      await frozen(chosen(workers.pids(), action.draw), () => pause(action.frozenMs));
      return;
    case 'broker-kill':
    case 'postgres-kill': {
      const service = action.kind === 'broker-kill' ? broker : database;
      await service.kill();
      await pause(action.downMs);
      await service.start();
      return;
    }
    case 'cut':
      await links.cut(action.link, action.afterBytes);
      await pause(action.forMs);
      await links.clear(action.link);
      return;
    case 'latency':
      await links.slow(action.link, action.latencyMs, action.jitterMs);
      await pause(action.forMs);
      await links.clear(action.link);
      return;
    case 'duplicate':
    case 'reorder':
      if (action.kind === 'duplicate') devices.duplicate(action.rate);
      else devices.reorder(action.rate, action.packets);
      await pause(action.forMs);
      devices.clear();
      return;
    case 'handover':
      await workers.scale(Math.max(1, workers.replicas - 1));
      await workers.scale(workers.replicas);
      return;
    case 'rebalance-storm':
      await storm(workers, action.changes, () => pause(action.everyMs));
  }
}

/** One more and one less in turn, without waiting for either; in the end as many as there are to be. */
async function storm(workers: System['workers'], changes: number, pause: () => Promise<void>): Promise<void> {
  const scalings: Promise<void>[] = [];
  for (let change = 0; change < changes; change += 1) {
    const wanted = workers.replicas + (change % 2 === 0 ? 1 : -1);
    scalings.push(workers.scale(Math.max(1, wanted)));
    await pause();
  }
  scalings.push(workers.scale(workers.replicas));
  await Promise.all(scalings);
}

async function frozen(pid: number | undefined, pause: () => Promise<void>): Promise<void> {
  if (!send(pid, 'SIGSTOP')) return;
  try {
    await pause();
  } finally {
    send(pid, 'SIGCONT');
  }
}

const chosen = (pids: readonly number[], draw: number): number | undefined => pids[Math.floor(draw * pids.length)];

/** False when the process is gone: its supervisor is just starting it again. */
function send(pid: number | undefined, name: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
