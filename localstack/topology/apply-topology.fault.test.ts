import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partitionOf, streamsOf } from '../../shared/topology/partition-of.ts';
import { readTopology } from '../../shared/topology/read-topology.ts';
import { eventually } from '../testing/eventually.ts';
import { consumePartition } from '../triggers/stream-client/partition.ts';
import { applyTopology, checkTopology } from './apply-topology.ts';
import { declarationsOf } from './declarations.ts';
import { routed } from './test-routing-model.ts';
import { BOOT_TIMEOUT_MS, keepingLogger, type TestHost, topologyBroker } from './test-topology-broker.ts';

const DEADLINE_MS = 60_000;
const RUN = fileURLToPath(new URL('run.ts', import.meta.url));
const topology = readTopology();
const { logger } = keepingLogger();

let started: Awaited<ReturnType<typeof topologyBroker>>;
let host: TestHost;
beforeAll(async () => {
  started = await topologyBroker();
  host = started.defaultHost();
}, BOOT_TIMEOUT_MS);
afterAll(async () => {
  await started.broker.remove();
}, BOOT_TIMEOUT_MS);

const runTopology = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
  const env = {
    PATH: process.env['PATH'],
    HEARTLINE_STREAM_URL: host.streamUrl,
    HEARTLINE_MANAGEMENT_URL: host.managementUrl,
  };
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [RUN, ...args], { env })) };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'stdout' in error && 'stderr' in error)) throw error;
    return { code: Number(error.code), stdout: String(error.stdout), stderr: String(error.stderr) };
  }
};

/** What the partitions hold: stream → `routing key content`, in order; read until the last one is `end`. */
async function recordsOf(streams: readonly string[], count: number): Promise<Record<string, string[]>> {
  const client = await host.connect();
  const found: Record<string, string[]> = Object.fromEntries(streams.map((stream) => [stream, []]));
  for (const stream of streams) {
    await consumePartition({
      client,
      stream,
      consumerName: 'reader',
      singleActive: false,
      offset: 'first',
      onRecord({ message }) {
        if (message.undecodable !== undefined) throw new Error(`undecodable: ${message.undecodable}`);
        found[stream]?.push(`${message.messageAnnotations?.get('x-routing-key')} ${message.content.toString()}`);
        return undefined;
      },
    });
  }
  const total = () => Object.values(found).reduce((sum, { length }) => sum + length, 0);
  await eventually(`${count} records in all partitions`, () => total() >= count, DEADLINE_MS);
  await client.close();
  return found;
}

test('two processes at once, then a check by a third', async () => {
  const runs = await Promise.all([runTopology(), runTopology()]);
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  expect(await runTopology('--check')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await runTopology('--chek')).code).toBe(2);
});

test('what a device says over MQTT is in its ward’s partition once, in order, with its topic; nothing else is anywhere', async () => {
  const device = await connectAsync(started.broker.endpoints.mqtt, { protocolVersion: 5 });
  const publish = async (topic: string, text: string) => void (await device.publishAsync(topic, text, { qos: 1 }));
  for (const text of ['1', '2', '3']) await publish('hl/icu-2/b1/p1/alert', text);
  await publish('hl/icu-2/b1/p1/vitals', '9');
  await publish('hl/icu-2/b1/p1/status', 'no');
  await publish('hl/icu-2/b1/p1/alert/status', 'no');
  await publish('other/icu-2/b1/p1/alert', 'no');
  await publish('hl/icu-4/b1/p4/alert', '4');
  await publish('hl/paediatrics/b1/p5/alert', '5');
  // No device of ours says these; they are kept for somebody to see.
  await publish('hl/icu.2/b1/p6/alert', '6');
  await publish('hl/icu-2/p7/alert', '7');
  await publish('hl/icu-3/b1/p8/alert', '8');
  await device.endAsync();
  const streams = topology.streams.flatMap(({ name, partitions }) => partitions.map((each) => `${name}-${each}`));
  const records = await recordsOf(streams, 9);
  expect(records).toEqual({
    ...Object.fromEntries(streams.map((stream) => [stream, []])),
    'alerts.raw-w0': ['hl.paediatrics.b1.p5.alert 5', 'hl.icu.2.b1.p6.alert 6', 'hl.icu-2.p7.alert 7'],
    'alerts.raw-w1': ['hl.icu-2.b1.p1.alert 1', 'hl.icu-2.b1.p1.alert 2', 'hl.icu-2.b1.p1.alert 3'],
    'alerts.raw-w2': ['hl.icu-3.b1.p8.alert 8'],
    'alerts.raw-w3': ['hl.icu-4.b1.p4.alert 4'],
    'vitals-w1': ['hl.icu-2.b1.p1.vitals 9'],
  });
  // The oracle of the property tests says the same as the broker.
  for (const [stream, held] of Object.entries(records)) {
    for (const record of held) expect(routed(declarationsOf(topology), record.split(' ')[0] ?? '')).toEqual([stream]);
  }
  expect(partitionOf(topology, 'alerts.raw', 'icu-4')).toBe('alerts.raw-w3');
  expect(partitionOf(topology, 'alerts.raw', 'paediatrics')).toBe('alerts.raw-w0');
});

test(
  'a broker that is away: the check says so at once, applying waits until it is back, and all is there',
  async () => {
    await started.broker.stop();
    await expect(checkTopology({ ...host, topology, logger })).rejects.toMatchObject({
      code: 'broker_unavailable',
      retriable: true,
    });
    const gaveUp = new AbortController();
    const given = applyTopology({ ...host, topology, logger, signal: gaveUp.signal });
    gaveUp.abort(new Error('told to stop'));
    await expect(given).rejects.toThrow('told to stop');
    const waiting = applyTopology({ ...host, topology, logger, deadlineMs: DEADLINE_MS });
    await started.broker.start();
    expect(await waiting).toMatchObject({
      created: [],
      repaired: [],
      updated: [],
      unchanged: { length: topology.streams.flatMap(streamsOf).length },
    });
    expect(await checkTopology({ ...host, topology, logger })).toEqual([]);
  },
  BOOT_TIMEOUT_MS,
);

test.each([
  ['the stream listener', () => ({ ...host, streamUrl: host.streamUrl.replace('guest:guest', 'guest:wrong') })],
  ['the management API', () => ({ ...host, managementUrl: host.managementUrl.replace('//', '//guest:wrong@') })],
])('a user that %s refuses is told at once, without the password', async (_, urls) => {
  const refused: unknown = await applyTopology({ ...urls(), topology, logger }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'broker_refused', retriable: false });
  expect(String(refused)).not.toContain('wrong');
});
