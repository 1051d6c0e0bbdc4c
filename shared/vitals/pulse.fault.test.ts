import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { declareStreams } from '../../localstack/testing/broker.ts';
import { eventually } from '../../localstack/testing/eventually.ts';
import { triggerHost } from '../../localstack/trigger-resources.ts';
import { consumePartition } from '../../localstack/triggers/stream-client/partition.ts';
import {
  BOOT_TIMEOUT_MS,
  streamBroker,
  type TestStreamBroker,
} from '../../localstack/triggers/stream-client/test-stream-broker.ts';
import { prepareTrigger } from '../../localstack/triggers/trigger-kinds.ts';
import { forgetConfig } from '../config.ts';
import { closePublishers, publishToStream } from '../stream/process-publisher.ts';
import { type Link, linkTo } from '../testing/broken-servers.ts';
import { keptTelemetry } from '../testing/telemetry.ts';
import { startPulse, stopPulses } from './pulse.ts';
import { isPulseMessage, PULSE_KEY, pulseMessage } from './pulse-message.ts';

const EVERY_MS = 50;
const DEADLINE_MS = 20_000;
const PARTITIONS = ['vitals-w0', 'vitals-w1', 'vitals-w2', 'vitals-w3'];
const PILES_UP = 'piles-up';
let broker: TestStreamBroker;
let link: Link;
beforeAll(async () => {
  broker = await streamBroker();
  await declareStreams(broker.endpoints);
  const { port } = new URL(broker.url);
  link = await linkTo(Number(port));
  vi.stubEnv('HEARTLINE_STREAM_URL', broker.url.replace(`:${port}`, `:${link.port}`));
  forgetConfig();
}, BOOT_TIMEOUT_MS);
afterAll(async () => {
  await closePublishers();
  await link.close();
  vi.unstubAllEnvs();
  forgetConfig();
  await broker.close();
}, BOOT_TIMEOUT_MS);

interface Seen {
  readonly partition: string;
  readonly key: string | undefined;
  /** When it was made, and when the broker wrote it. */
  readonly atMs: number;
  readonly writtenMs: number;
}

/** What comes into each partition. */
async function watch(): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const client = await broker.connect();
  await Promise.all(
    PARTITIONS.map((stream) =>
      consumePartition({
        client,
        stream,
        consumerName: 'watch',
        singleActive: false,
        offset: 'first',
        onRecord({ message, timestampMs }) {
          const value: unknown = message.undecodable === undefined && JSON.parse(message.content.toString());
          const atMs = isPulseMessage(value) ? Date.parse(value.pulse) : Number.NaN;
          const key = message.undecodable === undefined ? message.properties?.subject : undefined;
          seen.push({ partition: stream, key, atMs, writtenMs: timestampMs });
          return undefined;
        },
      }),
    ),
  );
  return seen;
}

/** A pulse that does not look whether the last one was confirmed. */
function pilingUp(): () => void {
  const timer = setInterval(() => {
    const message = { partitionBy: 'icu-1', key: PILES_UP, value: pulseMessage(Date.now()), properties: {} };
    publishToStream('vitals', message).catch(() => undefined);
  }, EVERY_MS);
  return () => clearInterval(timer);
}

/** Pulses that were made while one before them waited, as both clocks have it. What was sent twice counts once. */
function piledUp(seen: readonly Seen[], wanted: string): Seen[] {
  return PARTITIONS.flatMap((stream) => {
    const all = seen.filter(({ partition, key }) => partition === stream && key === wanted);
    const once = all.filter(({ atMs }, index) => all.findIndex((each) => each.atMs === atMs) === index);
    return once.filter(({ atMs }, index) => atMs + EVERY_MS < (once[index - 1]?.writtenMs ?? 0));
  });
}

test(
  'each partition has a pulse; while the broker is away one of each waits, at the most; when it is back it goes on',
  async () => {
    const { log, lines } = keptTelemetry('info');
    const seen = await watch();
    const stop = startPulse({ everyMs: EVERY_MS, log });
    const stopMutant = pilingUp();
    const pulsesSince = (sinceMs: number) =>
      PARTITIONS.every((each) => {
        const its = seen.filter(
          ({ partition, key, atMs }) => partition === each && key === PULSE_KEY && atMs > sinceMs,
        );
        return its.length > 2;
      });
    await eventually('pulses in each partition', () => pulsesSince(0), DEADLINE_MS);

    link.cut();
    await eventually('the outage to be told', () => lines.length > 0, DEADLINE_MS);
    link.restore();
    await eventually('its end to be told', () => lines.length > 1, DEADLINE_MS);
    const backMs = Date.now();
    await eventually('further pulses in each', () => pulsesSince(backMs), DEADLINE_MS);
    stop();
    stopMutant();

    expect(lines).toMatchObject([
      { level: 'WARN', message: 'no pulse: the stream takes none' },
      { level: 'INFO', message: 'the pulse is back', missed: expect.any(Number) },
    ]);
    expect(piledUp(seen, PULSE_KEY)).toEqual([]);
    // The mutant in the same outage.
    expect(piledUp(seen, PILES_UP).length).toBeGreaterThan(10);
  },
  BOOT_TIMEOUT_MS,
);

test(
  'where readings are judged the pulse begins with the trigger: without a record, an invocation or a database',
  async () => {
    vi.stubEnv('HEARTLINE_DATABASE_URL', 'postgres://127.0.0.1:1/none');
    forgetConfig();
    const host = triggerHost(1);
    const start = async (checkpoint: string) => {
      const trigger = prepareTrigger(
        'rabbitmqStream',
        host.sources,
        { superStream: 'vitals', startingPosition: 'TRIM_HORIZON', checkpoint },
        1,
      );
      if (!trigger.ok || trigger.start === undefined) throw new Error('no trigger');
      const { log: logger } = keptTelemetry();
      const invoke = () => Promise.reject(new Error('invoked'));
      return await trigger.start({
        functionName: checkpoint,
        timeoutMs: 1_000,
        invoke,
        logger,
        observe: () => undefined,
      });
    };
    const seen = await watch();
    const sinceMs = Date.now();
    const storing = await start('postgres');
    const judging = await start('handler');
    const pulses = (each: string) =>
      seen.filter(({ partition, key, atMs }) => partition === each && key === PULSE_KEY && atMs > sinceMs);
    await eventually(
      'pulses in each partition',
      () => PARTITIONS.every((each) => pulses(each).length > 1),
      DEADLINE_MS,
    );
    // One a second: who stores has none.
    const [one, next] = pulses('vitals-w0').map(({ atMs }) => atMs);
    expect((next ?? 0) - (one ?? 0)).toBeGreaterThan(500);
    await Promise.all([storing.stop({ deadlineMs: 0 }), judging.stop({ deadlineMs: 0 })]);
    await host.close();
    await eventually('no connection', () => link.connections() === 0, DEADLINE_MS);
  },
  BOOT_TIMEOUT_MS,
);

test('a process that closes its publishers has no pulse that would connect them anew', async () => {
  const { log, lines } = keptTelemetry('info');
  startPulse({ everyMs: EVERY_MS, log });
  await eventually('a connection', () => link.connections() > 0, DEADLINE_MS);
  stopPulses();
  await closePublishers();
  await eventually('no connection', () => link.connections() === 0, DEADLINE_MS);
  expect(lines).toEqual([]);
});
