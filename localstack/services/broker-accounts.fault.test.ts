import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokerScope } from '../../shared/access/broker-scopes.ts';
import { mintToken } from '../../shared/access/mint-token.ts';
import type { AccessRole } from '../../shared/access/principal.ts';
import { ensureTokenKeys, rotateTokenKeys, type TokenKeys } from '../../shared/access/token-keys.ts';
import { obtainRabbitmq } from '../setup/obtain-rabbitmq.ts';
import { silentProgress } from '../setup/progress.ts';
import { BOOT_TIMEOUT_MS } from '../testing/broker.ts';
import { eventually } from '../testing/eventually.ts';
import { mqttLogin } from '../testing/mqtt-login.ts';
import { freeBrokerPorts } from '../testing/own-broker.ts';
import { managementApi } from '../topology/management-api.ts';
import { silentLogger } from '../triggers/silent-logger.ts';
import { connectStream, type StreamClient } from '../triggers/stream-client/client.ts';
import { declareStream } from '../triggers/stream-client/declare-stream.ts';
import { consumePartition } from '../triggers/stream-client/partition.ts';
import { type RabbitmqEndpoints, rabbitmqService } from './rabbitmq.ts';
import type { RunningService } from './service.ts';
import { serviceAccount } from './service-account.ts';

const LIMITS = { connectTimeoutMs: 5_000, requestTimeoutMs: 5_000, heartbeatS: 10 };
const PARTIES = { issuer: 'heartline', audience: 'heartline' };
const ACCESS_REFUSED = 16;
const BAD_NAME_OR_PASSWORD = 0x86;
/** Of the file that a password is in, and of its folder. */
const PRIVATE = { file: 0o600, folder: 0o700 };

let home: string;
let keys: TokenKeys;
let running: RunningService<RabbitmqEndpoints>;
let start: () => Promise<void>;
const clients: StreamClient[] = [];

// The folder of a stack that was started before there were accounts, with a stream that guest has made.
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'heartline-accounts-'));
  const folder = join(home, 'keys');
  const [program, ports] = await Promise.all([obtainRabbitmq(silentProgress), freeBrokerPorts()]);
  running = await rabbitmqService({ program, home, ports }).start();
  await declareStream({ client: await connected(running.endpoints.stream), stream: 'of an earlier start' });
  await running.stop();
  keys = await ensureTokenKeys(folder);
  const access = { keys: folder, audience: 'heartline', service: serviceAccount(folder) };
  start = async () => {
    running = await rabbitmqService({ program, home, ports, access }).start();
  };
  await start();
}, 2 * BOOT_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await running?.stop();
  rmSync(home, { recursive: true, force: true });
});

async function connected(url: string): Promise<StreamClient> {
  const client = await connectStream({ ...LIMITS, url, logger: silentLogger, onClosed: () => undefined });
  clients.push(client);
  return client;
}

const as = (user: string, password: string, url = running.endpoints.stream) => {
  const other = new URL(url);
  other.username = user;
  other.password = password;
  return other.href;
};

const tokenOf = (role: AccessRole, scope = brokerScope({ sub: 'somebody', role })) =>
  mintToken(keys, { sub: 'somebody', role, scope, expiresInS: 600 }, PARTIES);

test('the data are there for the service account, and guest comes in no more', async () => {
  const service = await connected(running.endpoints.stream);
  // A broker that has just started says "internal error" of a stream that it has not found again yet.
  const found = await eventually('the stream', () => declareStream({ client: service, stream: 'of an earlier start' }));
  expect(found).toBe('existed');
  for (const password of ['guest', '']) {
    await expect(connected(as('guest', password))).rejects.toMatchObject({ code: 'refused' });
    const attempt = mqttLogin(running.endpoints.webMqtt, { username: 'guest', password });
    await expect(attempt).rejects.toMatchObject({ code: BAD_NAME_OR_PASSWORD });
  }
});

test('the account’s password is made once, and its owner alone reads it', () => {
  const folder = join(home, 'keys');
  const [one, two] = [serviceAccount(folder), serviceAccount(folder)];
  expect(one).toEqual(two);
  expect(one.password).toMatch(/^[\w-]{43}$/);
  expect(statSync(join(folder, 'broker-password')).mode & 0o777).toBe(PRIVATE.file);
  expect(statSync(folder).mode & 0o777).toBe(PRIVATE.folder);
  expect(statSync(join(home, 'rabbitmq', 'definitions.json')).mode & 0o777).toBe(PRIVATE.file);
});

test.each(['device', 'nurse', 'admin'] as const)('no token of a %s makes, reads or removes a stream', async (role) => {
  const client = await connected(as('whoever', await tokenOf(role)));
  const refused = { code: 'refused', responseCode: ACCESS_REFUSED };
  await expect(declareStream({ client, stream: 'mine' })).rejects.toMatchObject(refused);
  const reading = consumePartition({
    client,
    stream: 'of an earlier start',
    consumerName: 'a reader',
    singleActive: false,
    offset: 'first',
    onRecord: () => undefined,
  });
  await expect(reading).rejects.toMatchObject(refused);
});

test.each(['device', 'nurse', 'admin'] as const)('no token of a %s gets anything from the HTTP API', async (role) => {
  const url = as('whoever', await tokenOf(role), running.endpoints.management);
  const api = managementApi(url, running.endpoints.stream);
  for (const path of ['overview', 'users', 'queues', 'definitions', 'whoami']) {
    await expect(api.get(path), path).rejects.toMatchObject({ code: 'broker_refused' });
  }
});

test('mutant: a token with a scope for it reads the stream', async () => {
  const client = await connected(as('whoever', await tokenOf('admin', 'heartline.read:%2F/*')));
  const reading = consumePartition({
    client,
    stream: 'of an earlier start',
    consumerName: 'a reader',
    singleActive: false,
    offset: 'first',
    onRecord: () => undefined,
  });
  await expect(reading).resolves.toBeDefined();
});

test(
  'a key that signs no more is believed until the next rotation, by a broker that has started since',
  async () => {
    const before = await tokenOf('device');
    const old = keys;
    keys = await rotateTokenKeys(join(home, 'keys'));
    await running.stop();
    await start();
    for (const token of [before, await tokenOf('device')]) {
      const device = await mqttLogin(running.endpoints.webMqtt, { username: 'whoever', password: token });
      device.client.end(true);
    }
    keys = old;
  },
  2 * BOOT_TIMEOUT_MS,
);
