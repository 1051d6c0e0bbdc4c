import type { Progress } from '../localstack/setup/progress.ts';
import { type RunningStack, startStack } from '../localstack/stack/start-stack.ts';
import type { Config } from '../shared/config.ts';
import { PermanentError } from '../shared/errors.ts';
import { removeLinks, writeLinks } from './links/links-file.ts';
import { type Servers, startLinks } from './links/start-links.ts';

const LOOPBACK = '127.0.0.1';
const DEFAULT_PORTS: Record<string, string> = {
  'postgres:': '5432',
  'postgresql:': '5432',
  'mqtt:': '1883',
  'ws:': '80',
};

export interface LabStackOptions {
  config: Config;
  seed: number;
  progress: Progress;
  warn: (message: string) => void;
  signal: AbortSignal;
}

/** A stack whose functions and producers reach their services over links that can be disturbed. */
export async function startLabStack({ config, seed, progress, warn, signal }: LabStackOptions): Promise<RunningStack> {
  const { home, ports, metricsHost, given, access, tlsFolder, projectRoot } = config;
  if (tlsFolder !== undefined) {
    const message = 'The lab reads and disturbs what goes over its links: run it without HEARTLINE_TLS_DIR.';
    throw new PermanentError('lab_tls', message);
  }
  const stack = await startStack({
    projectRoot,
    home,
    ports,
    metricsHost,
    given,
    access,
    functions: true,
    progress,
    warn,
    signal,
    async detour() {
      const running = await startLinks({
        home,
        servers: serversOf(config),
        toxiproxyPort: ports.toxiproxy,
        seed,
        progress,
      });
      writeLinks(home, running.links);
      return {
        reach: running.reach,
        async stop() {
          removeLinks(home);
          await running.stop();
        },
      };
    },
  });
  return stack;
}

function serversOf({ ports, given }: Config): Servers {
  return {
    postgres: given.postgres === undefined ? `${LOOPBACK}:${ports.postgres}` : addressOf(given.postgres),
    mqtt: given.rabbitmq === undefined ? `${LOOPBACK}:${ports.mqtt}` : addressOf(given.rabbitmq.mqtt),
    webMqtt: given.rabbitmq === undefined ? `${LOOPBACK}:${ports.webMqtt}` : addressOf(given.rabbitmq.webMqtt),
    http: `${LOOPBACK}:${ports.http}`,
  };
}

function addressOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || DEFAULT_PORTS[protocol]}`;
}
