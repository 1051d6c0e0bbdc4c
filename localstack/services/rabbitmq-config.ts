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

export const PLUGINS = [
  'rabbitmq_stream',
  'rabbitmq_stream_management',
  'rabbitmq_mqtt',
  'rabbitmq_web_mqtt',
  'rabbitmq_management',
  'rabbitmq_prometheus',
];

const HOST = '127.0.0.1';

/** rabbitmq.conf: every listener on loopback. */
export function rabbitmqConf(ports: RabbitmqPorts): string {
  const settings = {
    'listeners.tcp.default': `${HOST}:${ports.amqp}`,
    'mqtt.listeners.tcp.default': `${HOST}:${ports.mqtt}`,
    'web_mqtt.tcp.ip': HOST,
    'web_mqtt.tcp.port': ports.webMqtt,
    'stream.listeners.tcp.1': `${HOST}:${ports.stream}`,
    'stream.advertised_host': HOST,
    'stream.advertised_port': ports.stream,
    'management.tcp.ip': HOST,
    'management.tcp.port': ports.management,
    'prometheus.tcp.ip': HOST,
    'prometheus.tcp.port': ports.prometheus,
    'log.console': 'true',
    'log.file': 'false',
    // The broker must not refuse publishers because the disk of a laptop is nearly full at 5 %.
    'disk_free_limit.absolute': '200MB',
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}
