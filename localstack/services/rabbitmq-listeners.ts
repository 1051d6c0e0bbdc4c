import type { Certificates } from '../setup/local-certificates.ts';
import type { RabbitmqPorts } from './rabbitmq-config.ts';

const HOST = '127.0.0.1';

/**
 * Of rabbitmq.conf: who listens where. With TLS nothing listens without it.
 * @param tls paths as the broker sees them
 */
export function listenerSettings(ports: RabbitmqPorts, tls: Certificates | undefined): Record<string, string> {
  const { amqp, mqtt, webMqtt, stream, management, prometheus } = ports;
  if (tls === undefined) {
    return {
      'listeners.tcp.default': `${HOST}:${amqp}`,
      'mqtt.listeners.tcp.default': `${HOST}:${mqtt}`,
      ...at('web_mqtt.tcp', webMqtt),
      'stream.listeners.tcp.1': `${HOST}:${stream}`,
      'stream.advertised_host': HOST,
      'stream.advertised_port': String(stream),
      ...at('management.tcp', management),
      ...at('prometheus.tcp', prometheus),
    };
  }
  return {
    // Clients show a token or a password; who they are is not asked of their certificate.
    ...files('ssl_options', tls),
    'ssl_options.verify': 'verify_none',
    'ssl_options.fail_if_no_peer_cert': 'false',
    'listeners.tcp': 'none',
    'listeners.ssl.default': `${HOST}:${amqp}`,
    'mqtt.listeners.tcp': 'none',
    'mqtt.listeners.ssl.default': `${HOST}:${mqtt}`,
    'web_mqtt.tcp.listener': 'none',
    ...at('web_mqtt.ssl', webMqtt),
    ...files('web_mqtt.ssl', tls),
    'stream.listeners.tcp': 'none',
    'stream.listeners.ssl.1': `${HOST}:${stream}`,
    'stream.advertised_tls_host': HOST,
    'stream.advertised_tls_port': String(stream),
    ...at('management.ssl', management),
    ...files('management.ssl', tls),
    'prometheus.tcp.listener': 'none',
    ...at('prometheus.ssl', prometheus),
    ...files('prometheus.ssl', tls),
  };
}

const at = (listener: string, port: number) => ({ [`${listener}.ip`]: HOST, [`${listener}.port`]: String(port) });

const files = (options: string, { ca, cert, key }: Certificates) => ({
  [`${options}.cacertfile`]: ca,
  [`${options}.certfile`]: cert,
  [`${options}.keyfile`]: key,
});
