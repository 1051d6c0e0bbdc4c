import pc from 'picocolors';
import { PORTS } from '../shared/config-schema.ts';
import type { ResolvedProject } from './compose-cli.ts';

const LABEL_COLUMNS = 12;

/** Ports in the containers. */
const IN_CONTAINER = {
  postgres: 5432,
  amqp: 5672,
  mqtt: 1883,
  webMqtt: 15675,
  stream: 5552,
  management: 15672,
  toxiproxy: 8474,
  prometheus: 9090,
  grafana: 3000,
} as const;

/** What needs to be said where it is not the preset. */
const BROKER_PORTS = ['mqtt', 'webMqtt', 'stream', 'management'] as const;

/** What runs where, the line with which `npm start` uses it, and how k6 writes to these dashboards. */
export function deployScreen(project: ResolvedProject, metricsHost: string | undefined): string {
  const hostPort = (name: keyof typeof IN_CONTAINER): number =>
    project.ports.find(({ service, container }) => container === IN_CONTAINER[name] && serves(service, name))?.host ??
    IN_CONTAINER[name];
  const at = (name: keyof typeof IN_CONTAINER, protocol = 'http', user = '') =>
    `${protocol}://${user}127.0.0.1:${hostPort(name)}`;
  const database = `${at('postgres', 'postgres', `postgres:${encodeURIComponent(project.postgresPassword)}@`)}/heartline`;
  const otherwise = BROKER_PORTS.filter((name) => hostPort(name) !== PORTS[name].preset).map(
    (name) => `${PORTS[name].variable}=${hostPort(name)}`,
  );
  const variables = [
    `HEARTLINE_DATABASE_URL=${database}`,
    // The shell reads the password: it is not shown.
    `HEARTLINE_AMQP_URL=${at('amqp', 'amqp', 'heartline:$(cat .heartline/keys/broker-password)@')}`,
    ...otherwise,
    ...(metricsHost === undefined ? [] : [`HEARTLINE_METRICS_HOST=${metricsHost}`]),
  ];
  const row = (label: string, text: string, note: string) =>
    `  ${pc.dim(label.padEnd(LABEL_COLUMNS))}${text}   ${pc.dim(note)}`;
  const proxies = project.ports
    .filter(({ service, container }) => service === 'toxiproxy' && container !== IN_CONTAINER.toxiproxy)
    .map(({ host }) => host);
  return [
    '',
    `${pc.bold('The services run in containers.')} npm run deploy -- down stops them (--volumes: and removes their data).`,
    '',
    row('Grafana', at('grafana'), 'to look at as anybody; admin, HEARTLINE_GRAFANA_PASSWORD'),
    row('Prometheus', at('prometheus'), ''),
    row(
      'RabbitMQ',
      at('management'),
      `heartline, .heartline/keys/broker-password; MQTT ${hostPort('mqtt')}, streams ${hostPort('stream')}`,
    ),
    row('Postgres', database, ''),
    row('toxiproxy', at('toxiproxy'), `Postgres, MQTT and Web MQTT through it: ${proxies.join(', ')}`),
    '',
    'Now the functions, on these services:',
    '',
    `  ${variables.join(' ')} npm start`,
    '',
    'Load, shown in Grafana:',
    '',
    `  npm run k6 -- db-first --prometheus ${at('prometheus')}/api/v1/write`,
    `  npm run k6 -- at-most-once --prometheus ${at('prometheus')}/api/v1/write`,
    '',
  ]
    .map((text) => text.trimEnd())
    .join('\n');
}

function serves(service: string, name: keyof typeof IN_CONTAINER): boolean {
  const broker = ['amqp', 'mqtt', 'webMqtt', 'stream', 'management'];
  return service === (broker.includes(name) ? 'rabbitmq' : name);
}
