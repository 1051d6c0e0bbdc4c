import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RabbitmqProgram, SERVER_IN_TREE } from '../setup/obtain-rabbitmq.ts';
import { startManagedProcess } from './managed-process.ts';
import { PLUGINS, type RabbitmqPorts, rabbitmqConf } from './rabbitmq-config.ts';
import type { RunningService, Service } from './service.ts';

export interface RabbitmqEndpoints {
  amqp: string;
  mqtt: string;
  webMqtt: string;
  stream: string;
  /** HTTP API and page; user and password guest, accepted from loopback only. */
  management: string;
  prometheus: string;
}

export interface RabbitmqOptions {
  program: RabbitmqProgram;
  /** Holds the broker's data (`rabbitmq/`), `logs/` and `run/`. */
  home: string;
  ports: RabbitmqPorts;
}

const READY_TIMEOUT_MS = 90_000; // 3 s to 8 s measured; a busy machine gets more
const STOP_GRACE_MS = 20_000;
const PROBE_TIMEOUT_MS = 2_000;
const AUTHORIZATION = `Basic ${Buffer.from('guest:guest').toString('base64')}`;
const treeScript = join(dirname(fileURLToPath(import.meta.url)), 'rabbitmq-in-tree.sh');

/** RabbitMQ 4 with streams, MQTT, Web MQTT and management on loopback. */
export function rabbitmqService({ program, home, ports }: RabbitmqOptions): Service<RabbitmqEndpoints> {
  const data = join(home, 'rabbitmq');
  const logFile = join(home, 'logs', 'rabbitmq.log');
  const endpoints: RabbitmqEndpoints = {
    amqp: `amqp://guest:guest@127.0.0.1:${ports.amqp}`,
    mqtt: `mqtt://127.0.0.1:${ports.mqtt}`,
    webMqtt: `ws://127.0.0.1:${ports.webMqtt}/ws`,
    stream: `rabbitmq-stream://guest:guest@127.0.0.1:${ports.stream}`,
    management: `http://127.0.0.1:${ports.management}`,
    prometheus: `http://127.0.0.1:${ports.prometheus}/metrics`,
  };
  return {
    name: 'rabbitmq',
    async start(): Promise<RunningService<RabbitmqEndpoints>> {
      mkdirSync(join(data, 'mnesia'), { recursive: true });
      writeFileSync(join(data, 'rabbitmq.conf'), rabbitmqConf(ports));
      writeFileSync(join(data, 'enabled_plugins'), `[${PLUGINS.join(',')}].\n`);
      const [file = '', ...args] = commandLine(program, data);
      const running = await startManagedProcess({
        name: 'RabbitMQ',
        file,
        args,
        cwd: home,
        env: brokerEnvironment(program.kind === 'tree' ? '/data' : data, ports),
        logFile,
        pidFile: join(home, 'run', 'rabbitmq.json'),
        stopSignal: 'SIGTERM',
        stopGraceMs: STOP_GRACE_MS,
        readyTimeoutMs: READY_TIMEOUT_MS,
        isReady: () => allListen(endpoints.management, [ports.amqp, ports.mqtt, ports.webMqtt, ports.stream]),
      });
      return { name: 'rabbitmq', version: await version(endpoints.management), logFile, endpoints, ...running };
    },
  };
}

/** In a tree: root needs namespaces for the mounts only; anybody else gets root's powers inside a user namespace of their own. */
function commandLine(program: RabbitmqProgram, data: string): string[] {
  if (program.kind === 'path') return [program.server];
  const user = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL'];
  return ['unshare', ...user, ...namespaces, '--', 'sh', treeScript, program.root, data, SERVER_IN_TREE];
}

function brokerEnvironment(data: string, ports: RabbitmqPorts): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH']
      ? `${process.env['PATH']}:/usr/sbin:/usr/bin:/sbin:/bin`
      : '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: data,
    LANG: 'C.UTF-8',
    RABBITMQ_NODENAME: 'heartline@localhost',
    RABBITMQ_CONFIG_FILE: join(data, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(data, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(data, 'mnesia'),
    RABBITMQ_LOG_BASE: join(data, 'log'),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
}

async function api(management: string, path: string): Promise<Response> {
  return await fetch(`${management}/api/${path}`, {
    headers: { authorization: AUTHORIZATION },
    signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
  });
}

async function allListen(management: string, ports: number[]): Promise<boolean> {
  try {
    const answers = await Promise.all(ports.map((port) => api(management, `health/checks/port-listener/${port}`)));
    return answers.every((answer) => answer.ok);
  } catch {
    return false; // the management listener itself is not up yet
  }
}

async function version(management: string): Promise<string> {
  const overview = (await (await api(management, 'overview')).json()) as { rabbitmq_version?: string };
  return overview.rabbitmq_version ?? 'unknown';
}
