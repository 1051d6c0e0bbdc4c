import type { ServiceAccount } from './rabbitmq-access.ts';
import type { RabbitmqPorts } from './rabbitmq-config.ts';

/** Where a broker is reached. */
export interface RabbitmqEndpoints {
  amqp: string;
  /** For the functions: with the service account, where there is one. Devices have a name and a token of their own. */
  mqtt: string;
  /** For devices and stations, who have tokens: names nobody. */
  webMqtt: string;
  stream: string;
  /** HTTP API and page; the user is that of the stream's URL. */
  management: string;
  prometheus: string;
}

const HOST = '127.0.0.1';
const GUEST: ServiceAccount = { user: 'guest', password: 'guest' };

/** @param service without it, the broker takes guest, and MQTT clients without a name */
export function rabbitmqEndpoints(
  { amqp, mqtt, webMqtt, stream, management, prometheus }: Omit<RabbitmqPorts, 'distribution' | 'epmd'>,
  service: ServiceAccount | undefined,
  secure: boolean,
): RabbitmqEndpoints {
  const login = ({ user, password }: ServiceAccount) => `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  const somebody = login(service ?? GUEST);
  const s = secure ? 's' : '';
  return {
    amqp: `amqp${s}://${somebody}${HOST}:${amqp}`,
    mqtt: `mqtt${s}://${service ? login(service) : ''}${HOST}:${mqtt}`,
    webMqtt: `ws${s}://${HOST}:${webMqtt}/ws`,
    stream: `rabbitmq-stream${secure ? '+tls' : ''}://${somebody}${HOST}:${stream}`,
    management: `http${s}://${HOST}:${management}`,
    prometheus: `http${s}://${HOST}:${prometheus}/metrics`,
  };
}
