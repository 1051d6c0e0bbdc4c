import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { enabledPlugins } from '../localstack/services/rabbitmq-config.ts';
import { PORTS } from '../shared/config-schema.ts';
import { DATASOURCE_UID } from '../shared/observability/dashboards/grafana-json.ts';
import { BROKER_FOLDER, BROKER_FOLDER_IN_CONTAINER } from './broker-files.ts';
import { composeText, PROJECT_ROOT, parseCompose } from './testing/compose-file.ts';

const compose = parseCompose(composeText());
const services = Object.entries(compose.services);
const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), 'utf8');

/** What the presets of the configuration are, by variable; and of what only the compose file starts. */
const presets = new Map<string, number>([
  ...Object.values(PORTS).map(({ variable, preset }) => [variable, preset] as const),
  ['HEARTLINE_TOXIPROXY_POSTGRES_PORT', 55433],
  ['HEARTLINE_TOXIPROXY_MQTT_PORT', 1884],
  ['HEARTLINE_TOXIPROXY_WEB_MQTT_PORT', 15676],
]);

test('starts what the stack needs, and what shows it', () => {
  expect(Object.keys(compose.services).sort()).toEqual(['grafana', 'postgres', 'prometheus', 'rabbitmq', 'toxiproxy']);
});

test('every port has the variable and the preset of the configuration; no two are the same', () => {
  const ports = services.flatMap(([, { ports }]) => ports);
  for (const { variable, preset } of ports) expect(preset, variable).toBe(presets.get(variable));
  const { http, lambda, websocket, metrics } = PORTS;
  const taken = [...ports, http, lambda, websocket, metrics].map(({ preset }) => preset);
  expect(new Set(taken).size).toBe(taken.length);
  const needed = ['postgres', 'amqp', 'mqtt', 'webMqtt', 'stream', 'management', 'brokerMetrics', 'toxiproxy'] as const;
  const variables = ports.map(({ variable }) => variable);
  for (const name of needed) expect(variables).toContain(PORTS[name].variable);
});

test('what is mounted is there, read-only; what is kept has a volume', () => {
  for (const [name, { volumes }] of services) {
    for (const mount of volumes) {
      const [source = '', , mode] = mount.replace(/^\$\{HEARTLINE_HOME:-[^}]*\}/, '$HEARTLINE_HOME').split(':');
      // Made by the command that starts it.
      if (source.startsWith('$')) expect(mode, mount).toBe('ro');
      else if (source.startsWith('./')) {
        expect(existsSync(join(PROJECT_ROOT, source)), `${name}: ${source}`).toBe(true);
        expect(mode, mount).toBe('ro');
      } else {
        expect(Object.keys(compose.volumes), `${name}: ${source}`).toContain(source);
      }
    }
  }
});

test('RabbitMQ has the plugins that it has without Docker, and lets in who is let in there', () => {
  expect(read('deploy/rabbitmq/enabled_plugins')).toBe(enabledPlugins(true));
  const mounts = compose.services['rabbitmq']?.volumes ?? [];
  expect(mounts).toContain(`\${HEARTLINE_HOME:-./.heartline}/${BROKER_FOLDER}:${BROKER_FOLDER_IN_CONTAINER}:ro`);
  expect(read('deploy/rabbitmq/heartline.conf')).not.toMatch(/guest/);
});

test('Prometheus takes what k6 writes, and scrapes the functions and the broker', () => {
  const { command, extra_hosts } = compose.services['prometheus'] ?? { command: [], extra_hosts: [] };
  expect(command).toContain('--web.enable-remote-write-receiver');
  expect(command).toContain('--enable-feature=native-histograms');
  expect(extra_hosts).toEqual(['host.docker.internal:host-gateway']);
  const targets = parse(read('deploy/prometheus/prometheus.yml')).scrape_configs.map(
    (job: { job_name: string; static_configs: { targets: string[] }[] }) => [
      job.job_name,
      job.static_configs[0]?.targets,
    ],
  );
  expect(targets).toEqual([
    ['functions', [`host.docker.internal:${PORTS.metrics.preset}`]],
    ['rabbitmq', [`rabbitmq:${PORTS.brokerMetrics.preset}`]],
  ]);
});

test('Grafana finds the Prometheus that the dashboards name, and the dashboards', () => {
  const { datasources } = parse(read('deploy/grafana/provisioning/datasources/prometheus.yml'));
  expect(datasources).toHaveLength(1);
  expect(datasources[0]).toMatchObject({ uid: DATASOURCE_UID, url: 'http://prometheus:9090', type: 'prometheus' });
  const interval = parse(read('deploy/prometheus/prometheus.yml')).global.scrape_interval;
  expect(datasources[0].jsonData.timeInterval).toBe(interval);
  const { providers } = parse(read('deploy/grafana/provisioning/dashboards/heartline.yml'));
  const folder = providers[0].options.path;
  const mounts = compose.services['grafana']?.volumes ?? [];
  expect(mounts).toContain(`./deploy/grafana/dashboards:${folder}:ro`);
  const home = compose.services['grafana']?.environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
  expect(existsSync(join(PROJECT_ROOT, home.replace(folder, 'deploy/grafana/dashboards')))).toBe(true);
});

test('toxiproxy listens where its ports are published, for services that are there', () => {
  const published = compose.services['toxiproxy']?.ports.map(({ container }) => container) ?? [];
  const proxies: { name: string; listen: string; upstream: string }[] = JSON.parse(
    read('deploy/toxiproxy/proxies.json'),
  );
  for (const { name, listen, upstream } of proxies) {
    expect(published, name).toContain(Number(listen.split(':')[1]));
    const [service = '', port] = upstream.split(':');
    const containerPorts = compose.services[service]?.ports.map(({ container }) => container);
    expect(containerPorts, name).toContain(Number(port));
  }
  expect(published).toHaveLength(proxies.length + 1);
});

describe('mutant: a compose file does not pass', () => {
  test.each([
    ['with a port that others reach', '127.0.0.1:${HEARTLINE_POSTGRES_PORT', '${HEARTLINE_POSTGRES_PORT'],
    ['with a port on all addresses', '127.0.0.1:${HEARTLINE_MQTT_PORT', '0.0.0.0:${HEARTLINE_MQTT_PORT'],
    ['with an image that moves', 'rabbitmq:4.0.5-management', 'rabbitmq:latest'],
    ['with an image of a whole series', 'grafana/grafana:12.1.1', 'grafana/grafana:12'],
    ['without a health check', 'test: [CMD, /toxiproxy-cli, list]', 'disable: true'],
    ['that does not come back', 'restart: unless-stopped', 'restart: "no"'],
  ])('%s', (_, right, wrong) => {
    expect(composeText()).toContain(right);
    expect(() => parseCompose(composeText().replace(right, wrong))).toThrow();
  });
});
