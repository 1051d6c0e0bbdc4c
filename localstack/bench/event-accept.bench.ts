import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchAllowed } from '../../shared/testing/fetch-as.ts';
import { declareStreams, startTestBroker } from '../testing/broker.ts';
import { startFunctions } from '../testing/functions.ts';
import { type BenchContext, type BenchResult, percentile } from './bench-result.ts';

const SERVICE = join(import.meta.dirname, 'accept-service');
const RATE_PER_SECOND = 100;
/** Each of the two has 15 s in all. */
const ROUNDS = 3;
const ROUND_SECONDS = 5;
const WARM_UP_SECONDS = 3;
const PATIENTS = 500;
const ACCEPTED = 202;
const TARGET_MS = 50;
const TARGET_RATIO = 2;
const MS_PER_SECOND = 1_000;

let sent = 0;
/** @returns milliseconds to the answer */
async function post(url: string): Promise<number> {
  sent += 1;
  const body = {
    patientId: `patient-${sent % PATIENTS}`,
    type: 'observation',
    ts: new Date().toISOString(),
    data: { code: '8867-4', value: 72, unit: '/min', sent },
  };
  const startedMs = performance.now();
  const headers = { 'content-type': 'application/json' };
  const answer = await fetchAllowed(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (answer.status !== ACCEPTED) throw new Error(`${url} answered ${answer.status}: ${text}`);
  return performance.now() - startedMs;
}

/** At a steady rate, whatever the answers take. */
async function load(url: string, seconds: number): Promise<number[]> {
  const startedMs = performance.now();
  const requests: Promise<number>[] = [];
  for (let index = 0; index < RATE_PER_SECOND * seconds; index += 1) {
    await sleep(Math.max(0, startedMs + (index * MS_PER_SECOND) / RATE_PER_SECOND - performance.now()));
    const request = post(url);
    // Awaited at the end; one that fails before is told then.
    request.catch(() => undefined);
    requests.push(request);
  }
  return Promise.all(requests);
}

/** Of a histogram in Prometheus' text, over all that was measured. */
function meanOf(text: string, metric: string): string {
  const value = (part: string) =>
    Number(new RegExp(`^${metric}_${part}\\{stage="medical-events"\\} (\\S+)`, 'm').exec(text)?.[1]);
  return (value('sum') / value('count')).toFixed(1);
}

const figures = (latencies: readonly number[]) =>
  [0.5, 0.95, 0.99, 1].map((share) => percentile(latencies, share).toFixed(1)).join(', ');

/** How long an event's 202 takes, against a function that only publishes it: by turns, through one functions host, no consumer beside it. */
export async function run({ databaseUrl, progress }: BenchContext): Promise<BenchResult[]> {
  const broker = await startTestBroker();
  try {
    await declareStreams(broker.endpoints);
    const settings = { HEARTLINE_STREAM_URL: broker.endpoints.stream };
    const functions = await startFunctions(databaseUrl, settings, { service: SERVICE });
    const [ours, bare] = [`${functions.http}/events`, `${functions.http}/published`];
    try {
      const latencies = { ours: [] as number[], bare: [] as number[] };
      for (const url of [bare, ours]) await load(url, WARM_UP_SECONDS);
      for (let round = 1; round <= ROUNDS; round += 1) {
        progress.step('bench', `event-accept: round ${round} of ${ROUNDS}`);
        latencies.bare.push(...(await load(bare, ROUND_SECONDS)));
        latencies.ours.push(...(await load(ours, ROUND_SECONDS)));
      }
      const [p99, bareP99] = [percentile(latencies.ours, 0.99), percentile(latencies.bare, 0.99)];
      const metrics = await functions.bridge.render();
      const [known, row] = ['db_read_latency_ms', 'db_insert_latency_ms'].map((metric) => meanOf(metrics, metric));
      const detail = `ms p50, p95, p99, worst at ${RATE_PER_SECOND}/s: ${figures(latencies.ours)}; only published ${figures(latencies.bare)}`;
      return [
        {
          name: `an event accepted, p99 at ${RATE_PER_SECOND} requests a second`,
          target: `< ${TARGET_MS} ms`,
          measured: `${p99.toFixed(1)} ms`,
          holds: p99 < TARGET_MS,
          detail,
        },
        {
          name: 'the same against a function that only publishes',
          target: `< ${TARGET_RATIO} ×`,
          measured: `${(p99 / bareP99).toFixed(2)} ×`,
          holds: p99 < TARGET_RATIO * bareP99,
          detail: `both check the body and make log line and metrics; ours also asks whether it is known (${known} ms) and commits its row (${row} ms; means)`,
        },
      ];
    } finally {
      await functions.stop();
    }
  } finally {
    await broker.remove();
  }
}
