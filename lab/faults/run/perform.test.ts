import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../localstack/testing/eventually.ts';
import type { FaultAction } from '../schedule/fault.ts';
import { perform } from './perform.ts';
import type { System } from './system.ts';

/** Writes down what is asked of it; its workers are processes that do nothing. */
function recorder(pids: () => readonly number[] = () => []): System & { readonly asked: string[] } {
  const asked: string[] = [];
  const note =
    (what: string) =>
    async (...how: unknown[]) =>
      void asked.push([what, ...how].join(' '));
  const service = (name: string) => ({ kill: note(`kill ${name}`), start: note(`start ${name}`) });
  return {
    asked,
    broker: service('broker'),
    database: service('database'),
    links: { cut: note('cut'), slow: note('slow'), clear: note('clear') },
    devices: {
      duplicate: (rate) => void asked.push(`duplicate ${rate}`),
      reorder: (rate, packets) => void asked.push(`reorder ${rate} ${packets}`),
      clear: () => void asked.push('clear devices'),
    },
    workers: { replicas: 2, pids, scale: note('scale') },
  };
}

test.each<[FaultAction, string[]]>([
  [{ kind: 'broker-kill', downMs: 1 }, ['kill broker', 'start broker']],
  [{ kind: 'postgres-kill', downMs: 1 }, ['kill database', 'start database']],
  [{ kind: 'cut', link: 'workers-broker', afterBytes: 9, forMs: 1 }, ['cut workers-broker 9', 'clear workers-broker']],
  [
    { kind: 'latency', link: 'workers-database', latencyMs: 7, jitterMs: 3, forMs: 1 },
    ['slow workers-database 7 3', 'clear workers-database'],
  ],
  [{ kind: 'duplicate', rate: 0.5, forMs: 1 }, ['duplicate 0.5', 'clear devices']],
  [{ kind: 'reorder', rate: 0.5, packets: 3, forMs: 1 }, ['reorder 0.5 3', 'clear devices']],
  [{ kind: 'handover', draw: 0 }, ['scale 1', 'scale 2']],
  [{ kind: 'rebalance-storm', changes: 3, everyMs: 1 }, ['scale 3', 'scale 1', 'scale 3', 'scale 2']],
])('%o', async (action, expected) => {
  const system = recorder();
  await perform(action, system);
  expect(system.asked).toEqual(expected);
});

describe('faults of a worker', () => {
  let worker: ChildProcess;
  const pid = () => worker.pid ?? 0;
  const system = () => recorder(() => [pid()]);
  beforeEach(async () => {
    worker = spawn('sleep', ['600'], { stdio: 'ignore' });
    await once(worker, 'spawn');
  });
  afterEach(() => worker.kill('SIGKILL'));
  /** Linux: R, S, T (stopped) … */
  const state = () => /\) (\w)/.exec(readFileSync(`/proc/${pid()}/stat`, 'utf8'))?.[1];

  test('a kill is one that nothing can be done about', async () => {
    const exited = once(worker, 'exit');
    await perform({ kind: 'worker-kill', draw: 0 }, system());
    expect(await exited).toEqual([null, 'SIGKILL']);
  });

  test('a frozen one stands still, and goes on', async () => {
    const done = perform({ kind: 'worker-freeze', draw: 0.99, frozenMs: 400 }, system());
    await eventually('the worker to stand still', () => state() === 'T');
    await done;
    await eventually('the worker to go on', () => state() === 'S');
  });

  test('one that is just not there is no error', async () => {
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    await perform({ kind: 'worker-kill', draw: 0 }, system());
    await perform({ kind: 'worker-freeze', draw: 0, frozenMs: 60_000 }, recorder());
  });
});
