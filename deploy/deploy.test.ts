import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../localstack/services/ports.ts';
import { configFrom } from '../shared/config.ts';
import { composeText, PROJECT_ROOT, parseCompose } from './testing/compose-file.ts';

const OWN_ADDRESS = '127.0.0.1';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heartline-deploy-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What `docker compose config --format json` prints for our file. */
function resolved(changedPorts: Record<number, number> = {}): string {
  const services = Object.entries(parseCompose(composeText()).services).map(([name, { ports }]) => [
    name,
    {
      ports: ports.map(({ preset, container }) => ({
        target: container,
        published: String(changedPorts[preset] ?? preset),
      })),
      environment: name === 'postgres' ? { POSTGRES_PASSWORD: 'p@ss word' } : null,
    },
  ]);
  return JSON.stringify({ services: Object.fromEntries(services) });
}

/** A docker command for the shell: notes how it is called, and answers as one with an engine does, but for `fails`. */
function fakeDocker({ fails = 'nothing', gateway = OWN_ADDRESS, config = resolved() } = {}): void {
  writeFileSync(join(folder, 'config.json'), config);
  const program = join(folder, 'docker');
  writeFileSync(
    program,
    `#!/bin/sh
echo "$*" >> '${folder}/calls'
case "$*" in
  ${fails}*) echo "the reason" >&2; exit 17;;
  "compose config"*) cat '${folder}/config.json';;
  "network inspect"*) echo '${gateway}';;
esac
`,
  );
  chmodSync(program, 0o755);
}

function deploy(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(PROJECT_ROOT, 'localstack/commands/deploy.ts'), ...args],
    { env: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, NO_COLOR: '1' }, encoding: 'utf8', cwd: folder },
  );
  const calls = existsSync(join(folder, 'calls'))
    ? readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n')
    : [];
  return { status, stdout: stripVTControlCharacters(stdout), stderr, calls };
}

describe('npm run deploy', () => {
  test('starts the services, waits for them, and prints settings that npm start takes', () => {
    fakeDocker();
    const { status, stdout, calls } = deploy();
    expect(status).toBe(0);
    expect(calls).toContain('compose up --detach --wait');
    expect(stdout).toContain('http://127.0.0.1:3003');
    const line = (stdout.split('\n').find((text) => text.endsWith(' npm start')) ?? '').replace(
      /\$\(cat [^)]*\)/,
      'password',
    );
    const variables = Object.fromEntries(
      line
        .trim()
        .split(' ')
        .flatMap((word) => (word.includes('=') ? [word.split(/=(.*)/s).slice(0, 2)] : [])),
    );
    const config = configFrom({ ...variables, HEARTLINE_HOME: folder });
    expect(config.given.postgres).toBe('postgres://postgres:p%40ss%20word@127.0.0.1:55432/heartline');
    expect(config.given.rabbitmq).toMatchObject({
      amqp: 'amqp://heartline:password@127.0.0.1:5672',
      mqtt: 'mqtt://heartline:password@127.0.0.1:1883',
      stream: 'rabbitmq-stream://heartline:password@127.0.0.1:5552',
      webMqtt: 'ws://127.0.0.1:15675/ws',
      management: 'http://127.0.0.1:15672',
    });
    expect(config.metricsHost).toBe(OWN_ADDRESS);
  });

  test('says the ports that are not the presets', () => {
    fakeDocker({ config: resolved({ 1883: 2883, 15675: 25675, 3003: 3333 }) });
    const { stdout } = deploy('up');
    expect(stdout).toContain('HEARTLINE_MQTT_PORT=2883 HEARTLINE_WEB_MQTT_PORT=25675');
    expect(stdout).not.toContain('HEARTLINE_STREAM_PORT');
    expect(stdout).toContain('http://127.0.0.1:3333');
  });

  test('where Docker runs in a virtual machine, metrics stay on loopback', () => {
    const elsewhere = '192.0.2.1';
    expect(
      Object.values(networkInterfaces())
        .flat()
        .map((each) => each?.address),
    ).not.toContain(elsewhere);
    fakeDocker({ gateway: elsewhere });
    expect(deploy().stdout).not.toContain('HEARTLINE_METRICS_HOST');
  });

  test('an engine without the bridge network: what that costs, and the screen all the same', () => {
    fakeDocker({ fails: '"network inspect"' });
    const { status, stdout, stderr } = deploy();
    expect(status).toBe(0);
    expect(stderr).toContain('set HEARTLINE_METRICS_HOST');
    expect(stdout).toContain(' npm start');
  });

  test.each([
    [['down'], 'compose down'],
    [['down', '--volumes'], 'compose down --volumes'],
  ])('%s is docker %s', (args, call) => {
    fakeDocker();
    const { status, calls } = deploy(...args);
    expect(status).toBe(0);
    expect(calls.at(-1)).toBe(call);
  });

  test('a service that does not come up: the exit code of compose, and where to look', () => {
    fakeDocker({ fails: '"compose up"' });
    const { status, stderr } = deploy();
    expect(status).toBe(17);
    expect(stderr).toContain('docker compose logs');
  });
});

describe('what is missing is named, with what to do instead', () => {
  test('docker itself', () => {
    const { status, stderr } = deploy();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^✗ Docker is missing\.[\s\S]*Debian\/Ubuntu[\s\S]*macOS[\s\S]*npm start/);
  });

  test.each([
    ['"version"', /engine does not answer[\s\S]*the reason[\s\S]*npm start/],
    ['"compose version"', /no compose plugin[\s\S]*the reason[\s\S]*npm start/],
  ])('docker %s fails', (fails, message) => {
    fakeDocker({ fails });
    const { status, stderr, calls } = deploy();
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(calls.join('\n')).not.toContain('up');
  });
});

test('pictures without a Prometheus: says where there is none', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const { status, stderr, calls } = deploy('pictures', join(folder, 'pictures'), '--prometheus', url);
  expect(status).toBe(1);
  expect(stderr).toContain(`No Prometheus answers at ${url}/`);
  expect(calls).toEqual([]);
});

test.each([
  [['x']],
  [['up', 'x']],
  [['--volumes']],
  [['--force']],
  [['pictures']],
  [['pictures', 'x', '--minutes', '0']],
])('%s is not understood: usage, exit code 2', (args) => {
  const { status, stderr, calls } = deploy(...args);
  expect(status).toBe(2);
  expect(stderr).toContain('npm run deploy -- down');
  expect(calls).toEqual([]);
});
