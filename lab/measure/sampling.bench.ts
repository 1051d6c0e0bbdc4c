import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BenchContext, BenchResult } from '../../localstack/bench/bench-result.ts';
import { startScrapeSampler } from './scrape-sampler.ts';

const FAMILIES = ['bench_alerts_total', 'bench_depth', 'bench_latency_ms'];
const MEASURED_MS = 15_000;
/** The first samples read every label and load code. */
const WARM_UP_SAMPLES = 3;
const TARGET_SHARE = 0.05;
const US_PER_MS = 1_000;
const PER_CENT = 100;

/** What sampling a page once a second takes of a core, in a process that does nothing else. */
export async function run({ progress }: BenchContext): Promise<BenchResult[]> {
  const server = spawn(
    process.execPath,
    ['--no-warnings', fileURLToPath(import.meta.resolve('./testing/metrics-process.ts'))],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const url = await firstLine(server);
    const sampler = startScrapeSampler({ urls: [url], families: FAMILIES });
    try {
      for (let sample = 0; sample < WARM_UP_SAMPLES; sample += 1) await sampler.sampleNow();
      progress.step('bench', `sampling a page of metrics for ${MEASURED_MS / US_PER_MS} s`);
      const cpuBefore = process.cpuUsage();
      const [startedAt, goodBefore] = [performance.now(), sampler.counts().get(url)?.good ?? 0];
      await sleep(MEASURED_MS);
      const cpu = process.cpuUsage(cpuBefore);
      const elapsedMs = performance.now() - startedAt;
      const samples = (sampler.counts().get(url)?.good ?? 0) - goodBefore;
      const share = (cpu.user + cpu.system) / US_PER_MS / elapsedMs;
      return [
        {
          name: 'of a core to sample a page of metrics once a second',
          target: `< ${TARGET_SHARE * PER_CENT} %`,
          measured: `${(share * PER_CENT).toFixed(2)} %`,
          holds: share < TARGET_SHARE && samples > 0,
          detail: `${samples} samples of ${sampler.targets[0]?.series.length} series kept, from prom-client in another process`,
        },
      ];
    } finally {
      await sampler.stop();
    }
  } finally {
    await end(server);
  }
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('the process with the metrics has no output');
  for await (const line of createInterface({ input: stdout })) return line;
  throw new Error('the process with the metrics ended before it served');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
