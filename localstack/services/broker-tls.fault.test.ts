import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureTokenKeys } from '../../shared/access/token-keys.ts';
import { type Certificates, ensureCertificates } from '../setup/local-certificates.ts';
import { BOOT_TIMEOUT_MS } from '../testing/broker.ts';
import { eventually } from '../testing/eventually.ts';
import { mqttLogin } from '../testing/mqtt-login.ts';
import { bootBroker, type OwnBroker } from '../testing/own-broker.ts';
import { startMqttEventSource } from '../triggers/mqtt/mqtt-event-source.ts';
import { parseMqttOptions } from '../triggers/mqtt/options.ts';
import { silentLogger } from '../triggers/silent-logger.ts';
import { parseRabbitmqStreamOptions } from '../triggers/stream/options.ts';
import { startRabbitmqStreamEventSource } from '../triggers/stream/rabbitmq-stream-event-source.ts';
import { connectStream } from '../triggers/stream-client/client.ts';
import { declareStream } from '../triggers/stream-client/declare-stream.ts';
import { encodeMessage } from '../triggers/stream-client/encode-message.ts';
import { createStreamPublisher } from '../triggers/stream-publisher/stream-publisher.ts';

const LIMITS = { connectTimeoutMs: 5_000, requestTimeoutMs: 5_000, heartbeatS: 10 };
const RUN = { timeoutMs: 5_000, logger: silentLogger };
const WEB_PATH = '/ws';

let folder: string;
let certificates: Certificates;
let broker: OwnBroker;
/** What a client trusts: who has signed the broker's certificate; somebody else; whom Node trusts. */
let right: { ca: string };
let wrong: { ca: string };
const open: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heartline-tls-'));
  certificates = ensureCertificates(join(folder, 'tls'));
  right = { ca: readFileSync(certificates.ca, 'utf8') };
  wrong = { ca: readFileSync(ensureCertificates(join(folder, 'other')).ca, 'utf8') };
  const keys = join(folder, 'keys');
  await ensureTokenKeys(keys);
  const service = { user: 'heartline', password: 'what-no-one-else_knows' };
  broker = await bootBroker({ access: { keys, audience: 'heartline', service }, tls: certificates });
}, BOOT_TIMEOUT_MS);

afterAll(async () => {
  for (const close of open.toReversed()) await close();
  await broker?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const stream = (tls?: { ca: string }, url = broker.endpoints.stream) =>
  connectStream({ ...LIMITS, url, logger: silentLogger, onClosed: () => undefined, ...(tls && { tls }) });

test('every URL says that it is secure, and no plain listener is left', async () => {
  expect(Object.values(broker.endpoints).map((url) => new URL(url).protocol)).toEqual([
    'amqps:',
    'mqtts:',
    'wss:',
    'rabbitmq-stream+tls:',
    'https:',
    'https:',
  ]);
  const { listeners } = JSON.parse(await overview()) as { listeners: { protocol: string }[] };
  const protocols = new Set(listeners.map(({ protocol }) => protocol));
  // Between nodes, of which there is one; on loopback.
  protocols.delete('clustering');
  expect([...protocols].sort()).toEqual([
    'amqp/ssl',
    'https',
    'https/prometheus',
    'https/web-mqtt',
    'mqtt/ssl',
    'stream/ssl',
  ]);
});

describe('MQTT', () => {
  test.each(['mqtt', 'webMqtt'] as const)('a message goes over %s to a function', async (listener) => {
    const parsed = parseMqttOptions({ topic: `hl/${listener}/#`, qos: 1 });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    const events: unknown[] = [];
    const source = await startMqttEventSource({
      ...RUN,
      name: 'consume',
      url: broker.endpoints.mqtt,
      tls: right,
      options: parsed.options,
      invoke: async (event) => void events.push(event),
    });
    open.push(() => source.stop({ deadlineMs: 1_000 }));
    await eventually('the subscription', () => source.health().status === 'running');
    const { username, password } = new URL(broker.endpoints.mqtt);
    const device = await mqttLogin(broker.endpoints[listener], { ...right, username, password });
    await device.publish(`hl/${listener}/bed-01/p-1/alert`, '{"over":"TLS"}');
    await eventually('the invocation', () => events.length > 0);
    expect(events).toEqual([{ over: 'TLS' }]);
    device.client.end(true);
  });

  test.each(['mqtt', 'webMqtt'] as const)(
    '%s: whoever has not signed the certificate is not believed',
    async (name) => {
      const { username, password } = new URL(broker.endpoints.mqtt);
      for (const tls of [wrong, {}]) {
        const attempt = mqttLogin(broker.endpoints[name], { ...tls, username, password });
        await expect(attempt).rejects.toThrow(/certificate/);
      }
    },
  );

  test('a client without TLS gets nowhere', async () => {
    await expect(mqttLogin(plain(broker.endpoints.mqtt), { connectTimeout: 5_000 })).rejects.toThrow();
    await expect(mqttLogin(plain(broker.endpoints.webMqtt) + WEB_PATH, {})).rejects.toThrow();
  });
});

describe('streams', () => {
  test('a record goes through a publisher and a trigger', async () => {
    const client = await stream(right);
    await declareStream({ client, stream: 'over-tls' });
    await client.close();
    const { stream: url } = broker.endpoints;
    const publisher = createStreamPublisher({ url, tls: right, stream: 'over-tls', logger: silentLogger });
    open.push(() => publisher.close());
    await publisher.publish([encodeMessage({ content: Buffer.from('{"over":"TLS"}') })]);
    const parsed = parseRabbitmqStreamOptions({ stream: 'over-tls', startingPosition: 'TRIM_HORIZON' });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    const records: { kinesis: { data: string } }[] = [];
    const source = await startRabbitmqStreamEventSource({
      ...RUN,
      name: 'consume',
      url,
      tls: right,
      options: parsed.options,
      invoke: async (event) => void records.push(...(event as { Records: typeof records }).Records),
    });
    open.push(() => source.stop({ deadlineMs: 1_000 }));
    await eventually('the record', () => records.length > 0);
    expect(records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString())).toEqual(['{"over":"TLS"}']);
  });

  test('whoever has not signed the certificate is not believed', async () => {
    for (const tls of [wrong, undefined]) {
      await expect(stream(tls)).rejects.toMatchObject({ code: 'connect_failed', message: /certificate/ });
    }
  });

  test('a client without TLS gets nowhere', async () => {
    const url = broker.endpoints.stream.replace('+tls', '');
    await expect(stream(undefined, url)).rejects.toMatchObject({ name: 'StreamClientError' });
  });
});

/** The same address without TLS. */
function plain(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol === 'wss:' ? 'ws:' : 'mqtt:'}//${host}`;
}

function overview(): Promise<string> {
  const { username, password } = new URL(broker.endpoints.amqp);
  return new Promise((resolve, reject) => {
    const options = { ...right, auth: `${username}:${password}`, agent: false as const };
    get(`${broker.endpoints.management}/api/overview`, options, async (answer) => {
      let body = '';
      for await (const chunk of answer.setEncoding('utf8')) body += chunk;
      resolve(body);
    }).on('error', reject);
  });
}
