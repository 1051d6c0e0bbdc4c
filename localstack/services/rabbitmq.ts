import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Certificates } from '../setup/local-certificates.ts';
import { type RabbitmqProgram, SERVER_IN_TREE } from '../setup/obtain-rabbitmq.ts';
import { startManagedProcess } from './managed-process.ts';
import { accessSettings, type BrokerAccess, DEFINITIONS_FILE, definitions } from './rabbitmq-access.ts';
import { enabledPlugins, type RabbitmqPorts, rabbitmqConf } from './rabbitmq-config.ts';
import { type RabbitmqEndpoints, rabbitmqEndpoints } from './rabbitmq-endpoints.ts';
import { allListen, brokerVersion } from './rabbitmq-probe.ts';
import type { RunningService, Service } from './service.ts';

export type { RabbitmqEndpoints } from './rabbitmq-endpoints.ts';

export interface RabbitmqOptions {
  program: RabbitmqProgram;
  /** Holds the broker's data (`rabbitmq/`), `logs/` and `run/`. */
  home: string;
  ports: RabbitmqPorts;
  /** Default: open to guest, from loopback. */
  access?: BrokerAccess | undefined;
  /** Default: no listener has TLS. */
  tls?: Certificates | undefined;
}

const READY_TIMEOUT_MS = 90_000; // 3 s to 8 s measured; a busy machine gets more
const STOP_GRACE_MS = 20_000;
/** What only the broker's own user may read. */
const PRIVATE = { mode: 0o600 };
/** Where a program in a tree finds its data folder. */
const DATA_IN_TREE = '/data';
const treeScript = join(dirname(fileURLToPath(import.meta.url)), 'rabbitmq-in-tree.sh');

/** RabbitMQ 4 with streams, MQTT, Web MQTT and management on loopback. */
export function rabbitmqService(options: RabbitmqOptions): Service<RabbitmqEndpoints> {
  const { program, home, ports, access, tls } = options;
  const data = join(home, 'rabbitmq');
  const logFile = join(home, 'logs', 'rabbitmq.log');
  const endpoints = rabbitmqEndpoints(ports, access?.service, tls !== undefined);
  const { user, password } = access?.service ?? { user: 'guest', password: 'guest' };
  return {
    name: 'rabbitmq',
    async start(): Promise<RunningService<RabbitmqEndpoints>> {
      mkdirSync(join(data, 'mnesia'), { recursive: true });
      const seen = program.kind === 'tree' ? DATA_IN_TREE : data;
      writeSettings(options, data, seen);
      const ca = tls && readFileSync(tls.ca, 'utf8');
      const api = { management: endpoints.management, user, password, ca };
      const [file = '', ...args] = commandLine(program, data);
      const running = await startManagedProcess({
        name: 'RabbitMQ',
        file,
        args,
        cwd: home,
        env: brokerEnvironment(seen, ports),
        logFile,
        pidFile: join(home, 'run', 'rabbitmq.json'),
        stopSignal: 'SIGTERM',
        stopGraceMs: STOP_GRACE_MS,
        readyTimeoutMs: READY_TIMEOUT_MS,
        isReady: () => allListen(api, [ports.amqp, ports.mqtt, ports.webMqtt, ports.stream]),
      });
      return { name: 'rabbitmq', version: await brokerVersion(api), logFile, endpoints, ...running };
    },
  };
}

/** Beside its data: a broker in a tree sees no other folder of this machine. */
function writeSettings({ ports, access, tls }: RabbitmqOptions, data: string, seen: string): void {
  const listeners = tls && copyFiles(tls, data, seen);
  const settings = access && accessSettings(access, data, seen);
  writeFileSync(join(data, 'rabbitmq.conf'), rabbitmqConf(ports, settings, listeners));
  writeFileSync(join(data, 'enabled_plugins'), enabledPlugins(access !== undefined));
  if (access) writePrivate(join(data, DEFINITIONS_FILE), definitions(access.service));
}

function copyFiles({ ca, cert, key }: Certificates, data: string, seen: string): Certificates {
  copyFileSync(ca, join(data, 'ca.pem'));
  copyFileSync(cert, join(data, 'cert.pem'));
  writePrivate(join(data, 'key.pem'), readFileSync(key, 'utf8'));
  return { ca: join(seen, 'ca.pem'), cert: join(seen, 'cert.pem'), key: join(seen, 'key.pem') };
}

/** A file that was there keeps its mode when it is written. */
function writePrivate(file: string, text: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, text, PRIVATE);
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
