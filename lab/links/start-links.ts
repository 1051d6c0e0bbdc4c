import { join } from 'node:path';
import { Toxiproxy } from 'toxiproxy-node-client';
import { startManagedProcess } from '../../localstack/services/managed-process.ts';
import { freePort } from '../../localstack/services/ports.ts';
import { toxiproxyService } from '../../localstack/services/toxiproxy.ts';
import { obtainToxiproxy } from '../../localstack/setup/obtain-go-tool.ts';
import type { Progress } from '../../localstack/setup/progress.ts';
import type { LinkName } from '../toxic.ts';
import type { Links } from './links-file.ts';

const LOOPBACK = '127.0.0.1';
const READY_TIMEOUT_MS = 15_000;
const STOP_GRACE_MS = 3_000;
const PROBE_TIMEOUT_MS = 1_000;
/** The messages' own identity decides what is hit, so that two runs with one seed lose the same ones. */
const IDENTITY = 'json:eventId';

/** host:port of the real services behind the links. */
export type Servers = Record<'postgres' | 'mqtt' | 'webMqtt' | 'http', string>;

export interface RunningLinks {
  links: Links;
  /** host:port through which the functions reach their services. */
  reach: { postgres: string; mqtt: string };
  stop(): Promise<void>;
}

export interface LinksOptions {
  home: string;
  servers: Servers;
  toxiproxyPort: number;
  seed: number;
  progress: Progress;
}

/**
 * Puts a proxy on every link: toxiproxy, and on the way to the MQTT consumer the fault proxy in front of it. The servers need not
 * listen yet.
 */
export async function startLinks({
  home,
  servers,
  toxiproxyPort,
  seed,
  progress,
}: LinksOptions): Promise<RunningLinks> {
  const program = await obtainToxiproxy(progress);
  const toxiproxy = await toxiproxyService({ program, home, port: toxiproxyPort }).start();
  try {
    const proxies: Record<LinkName, string> = {
      'backend-database': servers.postgres,
      'worker-database': servers.postgres,
      'consumer-broker': servers.mqtt,
      'producer-broker': servers.webMqtt,
      'producer-backend': servers.http,
    };
    const listens = await proxyEach(toxiproxy.endpoints.api, proxies);
    const faultProxy = await startFaultProxyProcess(home, listens['consumer-broker'], seed);
    progress.done(
      'links',
      `toxiproxy ${toxiproxy.endpoints.api}, MQTT fault proxy ${faultProxy.control}, seed ${seed}`,
    );
    return {
      links: {
        toxiproxy: toxiproxy.endpoints.api,
        faultProxy: faultProxy.control,
        seed,
        producers: { http: `http://${listens['producer-backend']}`, webMqtt: `ws://${listens['producer-broker']}/ws` },
        workers: { postgres: listens['worker-database'] },
      },
      reach: { postgres: listens['backend-database'], mqtt: faultProxy.listen },
      async stop() {
        await faultProxy.stop();
        await toxiproxy.stop();
      },
    };
  } catch (error) {
    await toxiproxy.stop();
    throw error;
  }
}

async function proxyEach(api: string, upstreams: Record<LinkName, string>): Promise<Record<LinkName, string>> {
  const client = new Toxiproxy(api);
  const listens: [string, string][] = [];
  for (const [name, upstream] of Object.entries(upstreams)) {
    const listen = `${LOOPBACK}:${await freePort()}`;
    await client.createProxy({ name, listen, upstream, enabled: true });
    listens.push([name, listen]);
  }
  return Object.fromEntries(listens) as Record<LinkName, string>;
}

async function startFaultProxyProcess(home: string, upstream: string, seed: number) {
  const [listenPort, controlPort] = [await freePort(), await freePort()];
  const listen = `${LOOPBACK}:${listenPort}`;
  const control = `http://${LOOPBACK}:${controlPort}`;
  const script = join(import.meta.dirname, '..', 'fault-proxy', 'run.ts');
  const options = ['--listen', listen, '--upstream', upstream, '--control', `${LOOPBACK}:${controlPort}`];
  const running = await startManagedProcess({
    name: 'MQTT fault proxy',
    file: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', script, ...options, '--seed', String(seed), '--identity', IDENTITY],
    cwd: home,
    env: { ...process.env },
    logFile: join(home, 'logs', 'fault-proxy.log'),
    pidFile: join(home, 'run', 'fault-proxy.json'),
    stopSignal: 'SIGTERM',
    stopGraceMs: STOP_GRACE_MS,
    readyTimeoutMs: READY_TIMEOUT_MS,
    isReady: () => answers(`${control}/healthz`),
  });
  return { listen, control, stop: running.stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).ok;
  } catch {
    return false; // not listening yet
  }
}
