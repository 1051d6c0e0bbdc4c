import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BOOT_TIMEOUT_MS, startTestBroker, type TestBroker } from '../../../localstack/testing/broker.ts';
import { eventually } from '../../../localstack/testing/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../../fault-proxy/fault-proxy.ts';
import type { ToxicInput } from '../../fault-proxy/toxics.ts';
import type { Effect, Intent } from '../verdict/history.ts';
import { verdict } from '../verdict/verdict.ts';
import { deviceConnection } from './connection.ts';
import { lanesOf, type WireMessage } from './message.ts';
import { ackBeforeConfirm } from './mutants.ts';
import { type ProduceOptions, produce } from './produce.ts';
import { createProducerLog, parseProducerLog } from './producer-log.ts';

const TEST_TIMEOUT_MS = 90_000;
const DEADLINE_MS = 45_000;
/** Enough for hits of every toxic. */
const MESSAGES = 400;
const RATE = 300;
const LAST = 'hl/last';

let broker: TestBroker;
let folder: string;
beforeAll(async () => {
  broker = await startTestBroker();
  folder = await mkdtemp(join(tmpdir(), 'heartline-producer-'));
}, BOOT_TIMEOUT_MS);
afterAll(async () => {
  await broker.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Produces through a link with these toxics, and tells what the broker got: its first copy of each message is an effect. */
async function run(name: string, toxics: ToxicInput[], how: Pick<ProduceOptions, 'publish'> = {}) {
  const upstream = new URL(broker.endpoints.mqtt);
  const proxy: FaultProxy = await startFaultProxy({
    listen: { host: '127.0.0.1', port: 0 },
    upstream: { host: upstream.hostname, port: Number(upstream.port) },
    seed: 3,
  });
  const arrived: WireMessage[] = [];
  let isAll = false;
  const subscriber = await connectAsync(broker.endpoints.mqtt);
  subscriber.on('message', (topic, payload) => {
    if (topic === LAST) isAll = true;
    else arrived.push(JSON.parse(payload.toString()));
  });
  await subscriber.subscribeAsync('hl/#', { qos: 1 });
  const file = join(folder, `${name}.jsonl`);
  const log = await createProducerLog(file);
  const lanes = lanesOf({ seed: 5, keys: 40, wards: 4, poisonRate: 0.05 });
  const url = `mqtt://127.0.0.1:${proxy.port}`;
  const connections = [0, 1].map((number) => deviceConnection(url, `${name}-${number}`));
  await eventually('both devices to be connected', () => connections.every(({ isUp }) => isUp), DEADLINE_MS);
  const stopping = new AbortController();
  const aborted = new AbortController();
  proxy.setToxics(toxics);
  const done = produce({
    lanes,
    connections,
    log,
    rate: RATE,
    stopping: stopping.signal,
    aborted: aborted.signal,
    ...how,
  });
  await eventually('messages', () => new Set(arrived.map(({ id }) => id)).size > MESSAGES, DEADLINE_MS);
  stopping.abort();
  await done;
  const entries = parseProducerLog(await readFile(file, 'utf8'));
  proxy.setToxics([]);
  // Behind everything that the broker has for this subscriber.
  await subscriber.publishAsync(LAST, '', { qos: 1 });
  await eventually('the subscriber to have all', () => isAll, DEADLINE_MS);
  await Promise.all(connections.map((connection) => connection.close()));
  await subscriber.endAsync();
  await log.close();
  await proxy.stop();
  return { entries, arrived };
}

function judge({ entries, arrived }: Awaited<ReturnType<typeof run>>) {
  const sent = new Map(entries.filter((entry): entry is Intent => entry.kind === 'intent').map((one) => [one.id, one]));
  const first = arrived.filter(({ id }, at) => arrived.findIndex((other) => other.id === id) === at);
  const effectLog = first
    .filter(({ id }) => sent.get(id)?.poison === false)
    .map(({ amount, ...one }, at): Effect => ({ ...one, amount: Number(amount), commit: at + 1, atMs: 0 }));
  const deadLetters = first.filter(({ id }) => sent.get(id)?.poison !== false).map(({ id }) => ({ id }));
  return verdict({ producerLog: entries, effectLog, deadLetters, drainedAll: true });
}

const LOSSES: ToxicInput[] = [
  { type: 'drop', direction: 'upstream', qos: [1], rate: 0.02 },
  { type: 'duplicate', direction: 'upstream', rate: 0.1 },
  { type: 'reorder', direction: 'upstream', rate: 0.1, packets: 5, holdMs: 50 },
];

test(
  'acknowledges nothing that the broker does not have, keeps each key’s order, and sends again what it cannot know of',
  async () => {
    const outcome = await run('right', LOSSES);
    const { ok, counts, violations } = judge(outcome);
    expect(violations).toEqual([]);
    expect(ok).toBe(true);
    expect(counts.unknown + counts.failed, 'all is acknowledged in the end').toBe(0);
    expect(counts.attempts, 'something was sent again').toBeGreaterThan(counts.sent);
    expect(counts.poison).toBeGreaterThan(0);
  },
  TEST_TIMEOUT_MS,
);

test(
  'one that acknowledges before the broker does is caught',
  async () => {
    const { violations } = judge(await run('mutant', LOSSES, { publish: ackBeforeConfirm }));
    expect(violations.map(({ breach }) => breach)).toContain('lost');
  },
  TEST_TIMEOUT_MS,
);
