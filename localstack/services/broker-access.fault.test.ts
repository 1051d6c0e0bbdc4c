import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BrokerBearer, brokerScope, mqttClientId } from '../../shared/access/broker-scopes.ts';
import { type Bearer, mintToken } from '../../shared/access/mint-token.ts';
import { ensureTokenKeys, type TokenKeys } from '../../shared/access/token-keys.ts';
import { amqpPublish } from '../testing/amqp-publish.ts';
import { BOOT_TIMEOUT_MS } from '../testing/broker.ts';
import { eventually } from '../testing/eventually.ts';
import { type LoginOptions, type MqttLogin, mqttLogin } from '../testing/mqtt-login.ts';
import { bootBroker, type OwnBroker } from '../testing/own-broker.ts';

const SERVICE = { user: 'heartline', password: 'what-no-one-else_knows' };
const PARTIES = { issuer: 'heartline', audience: 'heartline' };
/** MQTT 5, 2.4. */
const BAD_NAME_OR_PASSWORD = 0x86;
const NOT_AUTHORIZED = 0x87;
const SESSION_TAKEN_OVER = 0x8e;
const MAXIMUM_CONNECT_TIME = 0xa0;

let folder: string;
let keys: TokenKeys;
let broker: OwnBroker;
/** The service account, subscribed to all. */
let all: MqttLogin;
const open: MqttLogin[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heartline-keys-'));
  keys = await ensureTokenKeys(folder);
  broker = await bootBroker({ access: { keys: folder, audience: 'heartline', service: SERVICE } });
  all = await mqttLogin(broker.endpoints.mqtt, { clientId: 'service' });
  expect(await all.subscribe('#')).toBe(1);
}, BOOT_TIMEOUT_MS);

afterAll(async () => {
  for (const { client } of [...open, ...(all ? [all] : [])]) client.end(true);
  await broker?.remove();
  await rm(folder, { recursive: true, force: true });
});

const tokenOf = (bearer: BrokerBearer, changes: Partial<Bearer> = {}) =>
  mintToken(
    keys,
    { sub: bearer.sub, role: bearer.role, scope: brokerScope(bearer), expiresInS: 600, ...changes },
    PARTIES,
  );

async function logIn(password: string | undefined, options: LoginOptions = {}): Promise<MqttLogin> {
  const { host } = new URL(broker.endpoints.mqtt);
  const user = password === undefined ? {} : { username: 'whoever', password };
  const login = await mqttLogin(`mqtt://${host}`, { ...user, ...options });
  open.push(login);
  return login;
}

const device = (bed = 'bed-01', ward = 'icu-1') => tokenOf({ sub: `mon-${bed}`, role: 'device', wards: [ward], bed });
const nurse = (wards?: string[]) => tokenOf({ sub: 'nina', role: 'nurse', wards });
const ofNina = (suffix: string) => ({ clientId: mqttClientId('nina', suffix) });
const texts = () => all.messages.map(({ text }) => text);

test.each(['alert', 'vitals', 'status'])('a device publishes %s of its bed', async (kind) => {
  const monitor = await logIn(await device());
  expect(await monitor.publish(`hl/icu-1/bed-01/p-1/${kind}`, `own ${kind}`)).toBe('acknowledged');
  await eventually('the message', () => Promise.resolve(texts().includes(`own ${kind}`)));
});

test.each([
  'hl/icu-1/bed-02/p-1/vitals',
  'hl/icu-2/bed-01/p-1/vitals',
  'hl/icu-1/bed-011/p-1/vitals',
  'hl/icu-1/bed-01/p-1/orders',
  'hl/icu-1/bed-01',
  'station/icu-1/alerts',
  'station/icu-1/receipts',
  'hl.icu-1.bed-02.p-1.vitals',
])('a device’s message to %s goes nowhere, and ends its connection', async (topic) => {
  for (const qos of [0, 1] as const) {
    const monitor = await logIn(await device());
    const published = monitor.publish(topic, `forged ${topic}`, { qos, retain: true });
    await monitor.ended;
    if (qos === 1) expect(await published).toBe('ended');
  }
  const after = await logIn(await device());
  await after.publish('hl/icu-1/bed-01/p-1/vitals', `after ${topic}`);
  await eventually('what came after it', () => Promise.resolve(texts().includes(`after ${topic}`)));
  expect(texts()).not.toContain(`forged ${topic}`);
  // Nothing is retained for who comes later, either.
  const later = await mqttLogin(broker.endpoints.mqtt, { clientId: `later ${topic}` });
  open.push(later);
  await later.subscribe('#');
  await later.publish('hl/icu-1/bed-01/p-1/vitals', 'later');
  await eventually('its own message', () => Promise.resolve(later.messages.some(({ text }) => text === 'later')));
  expect(later.messages.map(({ text }) => text)).not.toContain(`forged ${topic}`);
});

test('mutant: with a scope for the whole ward a message for the next bed arrives', async () => {
  const monitor = await logIn(await tokenOf({ sub: 'mon-bed-01', role: 'device', wards: ['icu-1'] }));
  await monitor.publish('hl/icu-1/bed-02/p-1/vitals', 'let through');
  await eventually('the message', () => Promise.resolve(texts().includes('let through')));
});

test.each(['hl/icu-1/bed-02/p-1/vitals', 'hl/icu-1/bed-01/p-1/vitals', 'station/icu-1/alerts', '#', '$share/a/hl/#'])(
  'a device cannot subscribe to %s',
  async (filter) => {
    const monitor = await logIn(await device(), { clientId: mqttClientId('mon-bed-01', 'x') });
    expect(await monitor.subscribe(filter)).toBe(NOT_AUTHORIZED);
    await monitor.ended;
  },
);

test.each([
  ['another bed', { routingKey: 'hl.icu-1.bed-02.p-1.vitals' }],
  ['another bed as a copy', { routingKey: 'hl.icu-1.bed-01.p-1.vitals', copies: ['hl.icu-1.bed-02.p-1.vitals'] }],
])('by AMQP a device gets no further: %s', async (what, keys) => {
  const { amqp } = broker.endpoints;
  expect(await amqpPublish(amqp, await device(), { ...keys, text: `by AMQP: ${what}` })).toMatch(/^ACCESS_REFUSED/);
  const own = { routingKey: 'hl.icu-1.bed-01.p-1.vitals', text: `by AMQP, own: ${what}` };
  expect(await amqpPublish(amqp, await device(), own)).toBe('');
  await eventually('what came after it', () => Promise.resolve(texts().includes(own.text)));
  expect(texts()).not.toContain(`by AMQP: ${what}`);
});

test('a gateway publishes for its ward’s beds, and for no other ward’s', async () => {
  const gateway = await logIn(await tokenOf({ sub: 'central', role: 'device', wards: ['icu-1'] }));
  expect(await gateway.publish('hl/icu-1/bed-07/p-7/vitals', 'by the gateway')).toBe('acknowledged');
  expect(await gateway.publish('hl/icu-10/bed-07/p-7/vitals', 'of icu-10')).toBe('ended');
  await eventually('the message', () => Promise.resolve(texts().includes('by the gateway')));
  expect(texts()).not.toContain('of icu-10');
});

test('nobody comes in without a valid token', async () => {
  const scope = brokerScope({ sub: 'a', role: 'device' });
  const bearer = { sub: 'a', role: 'device', scope, expiresInS: 600 } as const;
  const others = await ensureTokenKeys(join(folder, 'of another'));
  const claims = { role: 'device', scope, sub: 'a', iss: 'heartline', aud: 'heartline' };
  const publicKey = Buffer.from(JSON.stringify(keys.publicKeys[0]));
  const refused: [string, string | undefined, LoginOptions?][] = [
    ['no name at all', undefined],
    ['guest', 'guest', { username: 'guest' }],
    ['guest, with the empty password of a user without one', '', { username: 'guest' }],
    ['a wrong password', 'wrong', { username: SERVICE.user }],
    ['an expired token', await mintToken(keys, { ...bearer, expiresInS: -1 }, PARTIES)],
    ['a forged token', await mintToken({ ...others, kid: keys.kid }, bearer, PARTIES)],
    ['a token of a key that it does not know', await mintToken(others, bearer, PARTIES)],
    ['a token for somebody else', await mintToken(keys, bearer, { ...PARTIES, audience: 'elsewhere' })],
    ['an unsigned token', new UnsecuredJWT(claims).setExpirationTime('1h').encode()],
    [
      'a token signed by the public key as a secret',
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: keys.kid })
        .setExpirationTime('1h')
        .sign(publicKey),
    ],
    [
      'a token without scopes for a broker',
      await mintToken(keys, { sub: 'a', role: 'nurse', expiresInS: 600 }, PARTIES),
    ],
  ];
  const codes = await Promise.all(
    refused.map(async ([what, password, options]) => {
      const code = await logIn(password, options).then(
        () => 'let in',
        (error: { code?: number }) => error.code,
      );
      return [what, code === BAD_NAME_OR_PASSWORD || code === NOT_AUTHORIZED ? 'refused' : code];
    }),
  );
  expect(codes).toEqual(refused.map(([what]) => [what, 'refused']));
});

test('a connection ends with its token', async () => {
  const monitor = await logIn(await tokenOf({ sub: 'm', role: 'device', wards: ['icu-1'] }, { expiresInS: 2 }));
  expect(await monitor.publish('hl/icu-1/bed-01/p-1/vitals', 'in time')).toBe('acknowledged');
  expect(await monitor.ended).toBe(MAXIMUM_CONNECT_TIME);
});

test('a station sees its wards, what is retained there too, and no other', async () => {
  await all.publish('station/icu-1/alerts', 'of icu-1', { retain: true });
  await all.publish('station/icu-2/alerts', 'of icu-2', { retain: true });
  const station = await logIn(await nurse(['icu-1']), ofNina('a'));
  expect(await station.subscribe('station/icu-1/alerts')).toBe(1);
  expect(await station.subscribe('hl/icu-1/+/+/vitals')).toBe(1);
  await eventually('what is retained', () => Promise.resolve(station.messages.length === 1));
  await (await logIn(await device())).publish('hl/icu-1/bed-01/p-1/vitals', 'a reading');
  await eventually('the reading', () => Promise.resolve(station.messages.length === 2));
  expect(station.messages).toEqual([
    { topic: 'station/icu-1/alerts', text: 'of icu-1', retained: true },
    { topic: 'hl/icu-1/bed-01/p-1/vitals', text: 'a reading', retained: false },
  ]);
  for (const filter of ['station/icu-2/alerts', 'hl/icu-2/+/+/vitals', 'station/+/alerts', 'hl/#', '#', '+/icu-1/#']) {
    const curious = await logIn(await nurse(['icu-1']), ofNina('b'));
    expect([filter, await curious.subscribe(filter)]).toEqual([filter, NOT_AUTHORIZED]);
    await curious.ended;
    expect(curious.messages).toEqual([]);
  }
});

test('a token that names no wards sees all of them', async () => {
  const station = await logIn(await nurse(), ofNina('c'));
  expect(await station.subscribe('hl/#')).toBe(1);
  expect(await station.subscribe('station/icu-2/alerts')).toBe(1);
});

test('a station confirms what it shows, and publishes nothing else', async () => {
  const station = await logIn(await nurse(['icu-1']), ofNina('d'));
  expect(await station.publish('station/icu-1/receipts', 'a receipt')).toBe('acknowledged');
  for (const topic of ['station/icu-2/receipts', 'station/icu-1/alerts', 'hl/icu-1/bed-01/p-1/vitals']) {
    const other = await logIn(await nurse(['icu-1']), ofNina('e'));
    expect([topic, await other.publish(topic, 'no receipt')]).toEqual([topic, 'ended']);
  }
  await eventually('the receipt', () => Promise.resolve(texts().includes('a receipt')));
  expect(texts()).not.toContain('no receipt');
});

test('a will is published by the same rules', async () => {
  for (const [bed, text] of [
    ['bed-02', 'forged will'],
    ['bed-01', 'own will'],
  ] as const) {
    const will = { topic: `hl/icu-1/${bed}/p-1/status`, payload: Buffer.from(text), qos: 1, retain: true } as const;
    const monitor = await logIn(await device(), { will });
    monitor.client.stream.destroy();
  }
  await eventually('the will', () => Promise.resolve(texts().includes('own will')));
  expect(texts()).not.toContain('forged will');
});

test('whose client id begins with another’s name has no subscriptions', async () => {
  const nina = await logIn(await nurse(), { clientId: mqttClientId('nin', 'a') });
  expect(await nina.subscribe('hl/icu-1/#')).toBe(NOT_AUTHORIZED);
  const long = await logIn(await nurse(), { clientId: mqttClientId('ninas', 'a') });
  expect(await long.subscribe('hl/icu-1/#')).toBe(NOT_AUTHORIZED);
});

// RabbitMQ ties no client id to a user: see docs/0009.
test('a client id can be taken by whoever has a token: the connection is lost, its kept session is not', async () => {
  const kept = { clientId: 'trigger', clean: false, properties: { sessionExpiryInterval: 300 } };
  const trigger = await mqttLogin(broker.endpoints.mqtt, kept);
  open.push(trigger);
  await trigger.subscribe('hl/icu-1/+/+/alert');
  for (const clean of [false, true]) {
    const thief = logIn(await device(), { ...kept, clean });
    await expect(thief).rejects.toMatchObject({ code: NOT_AUTHORIZED });
  }
  expect(await trigger.ended).toBe(SESSION_TAKEN_OVER);
  await (await logIn(await device())).publish('hl/icu-1/bed-01/p-1/alert', 'meanwhile');
  const again = await mqttLogin(broker.endpoints.mqtt, kept);
  open.push(again);
  await eventually('what was kept', () => Promise.resolve(again.messages.some(({ text }) => text === 'meanwhile')));
});
