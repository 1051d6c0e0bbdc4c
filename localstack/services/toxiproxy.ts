import { join } from 'node:path';
import { startManagedProcess } from './managed-process.ts';
import type { RunningService, Service } from './service.ts';

export interface ToxiproxyEndpoints {
  /** The control API that `toxiproxy-node-client` and the lab speak to. */
  api: string;
}

export interface ToxiproxyOptions {
  program: string;
  home: string;
  port: number;
}

const READY_TIMEOUT_MS = 10_000;
const STOP_GRACE_MS = 3_000;
const PROBE_TIMEOUT_MS = 1_000;

/** Toxiproxy on loopback: TCP proxies with latency, cuts and limits, changed live through its API. */
export function toxiproxyService({ program, home, port }: ToxiproxyOptions): Service<ToxiproxyEndpoints> {
  const api = `http://127.0.0.1:${port}`;
  const logFile = join(home, 'logs', 'toxiproxy.log');
  return {
    name: 'toxiproxy',
    async start(): Promise<RunningService<ToxiproxyEndpoints>> {
      const running = await startManagedProcess({
        name: 'toxiproxy',
        file: program,
        args: ['-host', '127.0.0.1', '-port', String(port)],
        cwd: home,
        env: { PATH: process.env['PATH'] },
        logFile,
        pidFile: join(home, 'run', 'toxiproxy.json'),
        stopSignal: 'SIGTERM',
        stopGraceMs: STOP_GRACE_MS,
        readyTimeoutMs: READY_TIMEOUT_MS,
        isReady: async () => (await toxiproxyVersion(api)) !== undefined,
      });
      return {
        name: 'toxiproxy',
        version: (await toxiproxyVersion(api)) ?? 'unknown',
        logFile,
        endpoints: { api },
        ...running,
      };
    },
  };
}

/** Built by go install it calls itself "git"; undefined while it is not up yet. */
/** Undefined while it does not answer. */
export async function toxiproxyVersion(api: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${api}/version`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return /[0-9.]+/.exec(await answer.text())?.[0] ?? 'self-built';
  } catch {
    return undefined;
  }
}
