import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { vitalsMessageSchema } from '../../shared/vitals/vitals-message.ts';
import { eventually } from '../testing/eventually.ts';
import { BOOT_TIMEOUT_MS, type TestBroker, testBroker } from '../triggers/mqtt/test-broker.ts';
import { testProxy } from '../triggers/mqtt/test-proxy.ts';
import { findRecordings } from '../ward/find-recordings.ts';
import { BUNDLED_RECORDINGS } from '../ward/folders.ts';
import { temporaryFolder } from '../ward/testing/recording-files.ts';
import { openAckJournal } from './ack-journal.ts';
import type { WardRecordings } from './patients.ts';
import { readWardRecordings } from './read-recordings.ts';
import { faultsOf } from './summary.ts';
import { createVitalsWard, type VitalsWard, type VitalsWardOptions } from './vitals-ward.ts';

const BEDS = 40;
/** 800 messages a second: what happens in a hospital's minute happens in seconds. */
const RATE = 10;

const journalLine = z.strictObject({
  topic: z.string(),
  message: z.unknown(),
  sentMs: z.number(),
  ackedMs: z.number(),
});
type Line = z.output<typeof journalLine>;

let broker: TestBroker;
let recordings: WardRecordings;
beforeAll(async () => {
  broker = await testBroker();
  recordings = await readWardRecordings(await findRecordings([BUNDLED_RECORDINGS]), BEDS);
}, BOOT_TIMEOUT_MS);
afterAll(() => broker.close());

/** Plays a ward, and gives what it says of itself, what its journal says, and what a subscriber has got in the end. */
async function play(
  options: Partial<VitalsWardOptions>,
  during: (ward: VitalsWard) => Promise<void> = async () => undefined,
) {
  await using folder = await temporaryFolder();
  const got: { topic: string; payload: string }[] = [];
  let isAll = false;
  const subscriber = await broker.client();
  subscriber.on('message', (topic, payload) => {
    if (topic === 'end') isAll = true;
    else got.push({ topic, payload: payload.toString() });
  });
  await subscriber.subscribeAsync(['hl/+/+/+/vitals', 'end'], { qos: 1 });
  const journal = openAckJournal(join(folder.path, 'acknowledged.ndjson'));
  const ward = createVitalsWard({
    recordings,
    url: broker.url,
    beds: BEDS,
    rate: RATE,
    durationS: 2,
    journal,
    signal: new AbortController().signal,
    ...options,
  });
  const [counters] = await Promise.all([ward.run(), during(ward)]);
  journal.close();
  await subscriber.publishAsync('end', '', { qos: 1 });
  await eventually('all that the broker has', () => isAll);
  await subscriber.endAsync();
  const text = await readFile(join(folder.path, 'acknowledged.ndjson'), 'utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => journalLine.parse(JSON.parse(line)));
  return { counters, lines, got };
}

const asJournaled = ({ topic, payload }: { topic: string; payload: string }) => {
  try {
    return `${topic} ${JSON.stringify(JSON.parse(payload))}`;
  } catch {
    return `${topic} ${JSON.stringify(payload)}`;
  }
};
const linesAsText = (lines: readonly Line[]) =>
  lines.map(({ topic, message }) => `${topic} ${JSON.stringify(message)}`);

/** The guarantee: what the journal has as acknowledged the broker has handed on. */
function expectKept(lines: readonly Line[], got: readonly { topic: string; payload: string }[]): void {
  const received = new Set(got.map(asJournaled));
  expect(linesAsText(lines).filter((line) => !received.has(line))).toEqual([]);
}

/** When the first reading of each message was measured, of first copies. */
function timesPerTopic(got: readonly { topic: string; payload: string }[]): Map<string, string[]> {
  const times = new Map<string, string[]>();
  for (const { topic, payload } of got) {
    const time = vitalsMessageSchema.parse(JSON.parse(payload)).readings[0]?.time ?? '';
    const known = times.get(topic) ?? [];
    if (!known.includes(time)) times.set(topic, [...known, time]);
  }
  return times;
}

describe('a ward on a real broker', () => {
  test('gets in what it counts as acknowledged: each message once, all of them, as devices send them', async () => {
    const { counters, lines, got } = await play({});
    expect(counters).toMatchObject({ beds: BEDS, wards: 2, sent: 1_600, acknowledged: 1_600, sentAgain: 0 });
    expect(counters).toMatchObject({ lateTicks: 0, dropped: 0, unacknowledged: 0 });
    expect(linesAsText(lines).sort()).toEqual(got.map(asJournaled).sort());
    let readings = 0;
    for (const { topic, message, sentMs, ackedMs } of lines) {
      const { ward, bed, patientId, readings: ofMessage } = vitalsMessageSchema.parse(message);
      expect(topic).toBe(`hl/${ward}/${bed}/${patientId}/vitals`);
      expect(ackedMs).toBeGreaterThanOrEqual(sentMs);
      readings += ofMessage.length;
    }
    expect(counters.readings).toBe(readings);
  });

  test('cut again and again, it sends again what was not acknowledged, and loses nothing', async () => {
    const proxy = await testProxy(broker.url);
    const { counters, lines, got } = await play({ url: proxy.url }, async () => {
      for (const connections of [2, 4, 6]) {
        await eventually('both wards to be connected', () => proxy.connections() >= connections);
        proxy.cut();
      }
    });
    await proxy.close();
    expect(counters).toMatchObject({ sent: 1_600, acknowledged: 1_600, dropped: 0, unacknowledged: 0 });
    expect(lines).toHaveLength(1_600);
    expectKept(lines, got);
    expect(got.length).toBeLessThanOrEqual(1_600 + counters.sentAgain);
  });

  test('without a broker for longer than it keeps, the oldest go and are counted; the rest comes in order', async () => {
    const proxy = await testProxy(broker.url);
    const options = { url: proxy.url, durationS: 3, bufferS: 0.5 };
    const { counters, lines, got } = await play(options, async (ward) => {
      await eventually('both wards to be connected', () => proxy.connections() >= 2);
      proxy.freeze();
      await eventually('more than is kept', () => ward.counters().dropped > 0);
      proxy.thaw();
    });
    await proxy.close();
    expect(counters.sentAgain).toBeGreaterThan(0);
    expect(counters.acknowledged + counters.dropped, 'none is unaccounted for').toBe(3 * 800);
    expect(faultsOf(counters)).toEqual([`${counters.dropped} messages were overwritten while the broker was away`]);
    expectKept(lines, got);
    for (const times of timesPerTopic(got).values()) expect(times).toEqual(times.toSorted());
  });

  test('a storm comes in with its copies and its garbage, and the others with all they have', async () => {
    const storm = { bed: 'icu-1/bed-03', fromS: 0.5, seconds: 1 };
    const { counters, lines, got } = await play({ storm });
    expect(counters).toMatchObject({ sent: 1_800, acknowledged: 1_800, unacknowledged: 0 });
    expectKept(lines, got);
    const others = got.filter(({ topic }) => topic !== 'hl/icu-1/bed-03/vw-0003/vitals');
    expect(others).toHaveLength(39 * 40);
    const wild = lines.filter(({ message }) => !vitalsMessageSchema.safeParse(message).success);
    expect(wild.length).toBeGreaterThan(10);
    expect(new Set(linesAsText(lines)).size, 'copies').toBeLessThanOrEqual(1_800 - 40);
  });
});

test('a journal of a message that the broker never had fails that test', () => {
  const line = { topic: 'hl/icu-1/bed-01/vw-0001/vitals', message: { a: 1 }, sentMs: 1, ackedMs: 2 };
  expectKept([line], [{ topic: line.topic, payload: '{"a":1}' }]);
  expect(() => expectKept([line], [])).toThrow();
});
