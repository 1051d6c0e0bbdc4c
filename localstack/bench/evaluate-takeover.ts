import process from 'node:process';
import pg from 'pg';
import { eventually } from '../testing/eventually.ts';
import { createVitalsWard } from '../vitals-ward/vitals-ward.ts';
import type { Worker } from '../worker/start-worker.ts';
import type { BenchResult } from './bench-result.ts';
import { type BenchServices, startBenchWorker } from './bench-worker.ts';
import type { Ward } from './ward-messages.ts';
import { type Probes, startProbes } from './ward-probes.ts';

const PARTITIONS = 4;
const KILLS = 3;
const DEADLINE_MS = 60_000;
const TAKEOVER_TARGET_MS = 5_000;
const MS_PER_S = 1_000;
/** A batch is up to 500 messages, so the last line may be missing of what is nearly done. */
const STORED_SHARE = 0.9;
const STORE_TARGET = 4_400;

async function untilHeard(probes: Probes, sinceMs: number): Promise<number[]> {
  return await eventually(
    'alerts of all partitions',
    () => {
      const times = probes.heardAfter(sinceMs).filter((ms) => ms !== undefined);
      return times.length === PARTITIONS && times;
    },
    DEADLINE_MS,
  );
}

/** Kills one of two workers. @returns milliseconds until all partitions are judged, with what came after the kill */
async function killOne(worker: Worker, probes: Probes): Promise<number> {
  const victim = worker.replicas().find(({ state, pid }) => state === 'ready' && pid !== undefined);
  if (victim?.pid === undefined) throw new Error('no replica to kill');
  const killedMs = Date.now();
  process.kill(victim.pid, 'SIGKILL');
  const times = await untilHeard(probes, killedMs);
  const isBack = () => worker.replicas().every(({ state, pid }) => state === 'ready' && pid !== victim.pid);
  await eventually('the killed replica to be back', isBack, DEADLINE_MS);
  await untilHeard(probes, Date.now());
  return Math.max(...times);
}

const SNAPSHOTS = `SELECT FROM vitals.snapshots WHERE consumer LIKE '%/vitals-w%' AND taken_at > $1`;

/** Until each partition has stored its state once more. */
async function untilSnapshots(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const now = new Date();
  const all = async () => (await client.query(SNAPSHOTS, [now])).rowCount === PARTITIONS;
  await eventually('a snapshot of each partition', all, DEADLINE_MS).finally(() => client.end());
}

/** A hospital over MQTT, two workers, and one of them killed again and again. @returns how many readings are in the stream then */
async function takeovers(ward: Ward, services: BenchServices): Promise<{ result: BenchResult; readings: number }> {
  const stopping = new AbortController();
  const { endpoints, databaseUrl } = services;
  const { recordings, patients } = ward;
  const monitors = createVitalsWard({
    recordings,
    url: endpoints.mqtt,
    beds: patients.length,
    signal: stopping.signal,
  });
  /** Of each partition that was taken since the last look: the patients in the state that was found. */
  let found: number[] = [];
  const worker = await startBenchWorker('evaluate-vitals', 2, services, ({ message, patients }) => {
    if (message === 'partition taken') found.push(Number(patients));
  });
  const probes = await startProbes(services);
  const sending = monitors.run();
  const took: number[] = [];
  const known: number[] = [];
  try {
    await untilHeard(probes, Date.now());
    for (let kill = 0; kill < KILLS; kill += 1) {
      await untilSnapshots(databaseUrl);
      found = [];
      took.push(await killOne(worker, probes));
      known.push(...found);
    }
  } finally {
    stopping.abort();
    await probes.stop();
    await worker.stop();
  }
  const worstMs = Math.max(...took);
  const leastPatients = Math.min(...known);
  const result = {
    name: 'vitals: a killed worker’s partitions, until the first alert of what came after the kill',
    target: `< ${TAKEOVER_TARGET_MS / MS_PER_S} s`,
    measured: `${(worstMs / MS_PER_S).toFixed(2)} s`,
    holds: worstMs < TAKEOVER_TARGET_MS && leastPatients > 0,
    detail: `the slowest of ${KILLS} kills -9 (${took.join(', ')} ms) of one of 2 workers; ${patients.length} beds over MQTT in ${PARTITIONS} partitions, each taken over with the state of ${leastPatients} patients or more`,
  };
  return { result, readings: (await sending).readings };
}

/** What the hospital has left in the stream, stored by one worker. */
async function storing(readings: number, services: BenchServices): Promise<BenchResult> {
  const wanted = Math.floor(readings * STORED_SHARE);
  let stored = 0;
  /** The first batch's end, when the clock is started. */
  let first: { readonly atMs: number; readonly stored: number } | undefined;
  let rate: number | undefined;
  const worker = await startBenchWorker('store-readings', 1, services, ({ message, stored: count }) => {
    if (message !== 'readings taken') return;
    stored += Number(count);
    const atMs = performance.now();
    first ??= { atMs, stored };
    if (stored >= wanted) rate ??= ((stored - first.stored) * MS_PER_S) / (atMs - first.atMs);
  });
  try {
    const each = await eventually(`${wanted} readings to be stored`, () => rate, DEADLINE_MS);
    return {
      name: 'vitals: readings that one worker stores, from the stream to the table',
      target: `≥ ${STORE_TARGET}/s`,
      measured: `${each.toFixed(0)}/s`,
      holds: each >= STORE_TARGET,
      detail: `${wanted} of the ${readings} readings that the hospital left in ${PARTITIONS} partitions`,
    };
  } finally {
    await worker.stop();
  }
}

/** What becomes of a hospital's readings across processes: judged on after a kill, and stored. */
export async function acrossProcesses(ward: Ward, services: BenchServices): Promise<BenchResult[]> {
  const { result, readings } = await takeovers(ward, services);
  return [result, await storing(readings, services)];
}
