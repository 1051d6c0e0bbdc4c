import type { Certificates } from '../setup/local-certificates.ts';
import { confText } from './rabbitmq-access.ts';
import { listenerSettings } from './rabbitmq-listeners.ts';

/** Ports of one broker. */
export interface RabbitmqPorts {
  amqp: number;
  mqtt: number;
  webMqtt: number;
  stream: number;
  management: number;
  prometheus: number;
  /** Erlang distribution and its port mapper: used by the broker's own tools only. */
  distribution: number;
  epmd: number;
}

const PLUGINS = [
  'rabbitmq_stream',
  'rabbitmq_stream_management',
  'rabbitmq_mqtt',
  'rabbitmq_web_mqtt',
  'rabbitmq_management',
  'rabbitmq_prometheus',
];
const TOKEN_PLUGIN = 'rabbitmq_auth_backend_oauth2';

/** The file enabled_plugins. */
export function enabledPlugins(takesTokens: boolean): string {
  return `[${[...PLUGINS, ...(takesTokens ? [TOKEN_PLUGIN] : [])].join(',')}].\n`;
}

/** rabbitmq.conf: every listener on loopback, with TLS only where there are files for it. */
export function rabbitmqConf(
  ports: RabbitmqPorts,
  access: Record<string, string> = {},
  tls?: Certificates | undefined,
): string {
  const settings = {
    ...listenerSettings(ports, tls),
    'log.console': 'true',
    'log.file': 'false',
    // The broker must not refuse publishers because the disk of a laptop is nearly full at 5 %.
    'disk_free_limit.absolute': '200MB',
    ...access,
  };
  return confText(settings);
}
