import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startManagedProcess } from './managed-process.ts';
import type { RunningService, Service } from './service.ts';

export interface PrometheusEndpoints {
  /** HTTP API and page. */
  url: string;
  /** Where k6 writes its metrics to: `K6_PROMETHEUS_RW_SERVER_URL`. */
  remoteWrite: string;
}

/** One thing to scrape: the `job` label of its metrics, and `host:port` or a URL. */
interface ScrapeTarget {
  job: string;
  target: string;
}

export interface PrometheusOptions {
  program: string;
  /** Holds the data (`prometheus/`), `logs/` and `run/`. */
  home: string;
  port: number;
  scrape: ScrapeTarget[];
  scrapeIntervalSeconds?: number;
}

const READY_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;
const PROBE_TIMEOUT_MS = 1_000;
/** A test or a lab that lasts seconds needs a point a second. */
const SCRAPE_INTERVAL_SECONDS = 1;

/** Prometheus on loopback: scrapes the targets, and takes what is written to it, native histograms as well. */
export function prometheusService(options: PrometheusOptions): Service<PrometheusEndpoints> {
  const { program, home, port } = options;
  const url = `http://127.0.0.1:${port}`;
  const data = join(home, 'prometheus');
  const logFile = join(home, 'logs', 'prometheus.log');
  return {
    name: 'prometheus',
    async start(): Promise<RunningService<PrometheusEndpoints>> {
      mkdirSync(data, { recursive: true });
      const configFile = join(data, 'prometheus.yml');
      writeFileSync(configFile, prometheusConfig(options));
      const running = await startManagedProcess({
        name: 'Prometheus',
        file: program,
        args: [
          `--config.file=${configFile}`,
          `--storage.tsdb.path=${join(data, 'tsdb')}`,
          `--web.listen-address=127.0.0.1:${port}`,
          '--web.enable-remote-write-receiver',
          '--enable-feature=native-histograms',
        ],
        cwd: home,
        env: { PATH: process.env['PATH'] },
        logFile,
        pidFile: join(home, 'run', 'prometheus.json'),
        stopSignal: 'SIGTERM',
        stopGraceMs: STOP_GRACE_MS,
        readyTimeoutMs: READY_TIMEOUT_MS,
        isReady: () => isReady(url),
      });
      const endpoints = { url, remoteWrite: `${url}/api/v1/write` };
      return { name: 'prometheus', version: await version(url), logFile, endpoints, ...running };
    },
  };
}

function prometheusConfig({ scrape, scrapeIntervalSeconds = SCRAPE_INTERVAL_SECONDS }: PrometheusOptions): string {
  const interval = `${scrapeIntervalSeconds}s`;
  return stringify({
    global: { scrape_interval: interval, scrape_timeout: interval },
    scrape_configs: scrape.map(({ job, target }) => scrapeConfig(job, target)),
  });
}

function scrapeConfig(job: string, target: string): object {
  if (!target.includes('://')) return { job_name: job, static_configs: [{ targets: [target] }] };
  const { protocol, host, pathname } = new URL(target);
  return {
    job_name: job,
    scheme: protocol.slice(0, -1),
    metrics_path: pathname,
    static_configs: [{ targets: [host] }],
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).ok;
  } catch {
    return false; // not listening yet
  }
}

async function version(url: string): Promise<string> {
  const info = (await (await fetch(`${url}/api/v1/status/buildinfo`)).json()) as { data?: { version?: string } };
  return info.data?.version ?? 'unknown';
}
