import { describe, expect, test } from 'vitest';
import { partitionOf, streamsOf } from '../../shared/topology/partition-of.ts';
import { parseTopology, readTopology } from '../../shared/topology/read-topology.ts';
import { bedAt } from '../ward/roster.ts';
import { declarationsOf } from './declarations.ts';

const GOOD = `
wards:
  partitions: { w0: [icu-1], w1: [icu-2] }
  others: w1
streams:
  alerts.raw: { partitioned: by-ward, devices: alert, maxLength: 1 GiB, maxAge: 30 d, segment: 64 MiB }
  dead-letters: { maxLength: 512 MiB, maxAge: 90 d, segment: 16 MiB }
`;

/** What is said of GOOD with one text replaced by another. */
function faultOf(from: string, to: string): string {
  const text = GOOD.replace(from, to);
  expect(text).not.toBe(GOOD);
  try {
    parseTopology(text, 'topology.yml');
  } catch (error) {
    expect(error).toMatchObject({ code: 'topology_invalid', retriable: false });
    return String(error instanceof Error ? error.message : error);
  }
  return 'taken';
}

describe('functions/topology.yml', () => {
  test('has four partitions of each stream but the dead letters', () => {
    const topology = readTopology();
    expect(topology.streams.map(({ name }) => name)).toEqual([
      'alerts.raw',
      'purchases',
      'medical-events',
      'vitals',
      'alerts',
      'dead-letters',
    ]);
    expect(topology.streams.flatMap(streamsOf)).toEqual([
      'alerts.raw-w0',
      'alerts.raw-w1',
      'alerts.raw-w2',
      'alerts.raw-w3',
      'purchases-p0',
      'purchases-p1',
      'purchases-p2',
      'purchases-p3',
      'medical-events-p0',
      'medical-events-p1',
      'medical-events-p2',
      'medical-events-p3',
      'vitals-w0',
      'vitals-w1',
      'vitals-w2',
      'vitals-w3',
      'alerts-w0',
      'alerts-w1',
      'alerts-w2',
      'alerts-w3',
      'dead-letters',
    ]);
    expect(topology.streams[0]).toMatchObject({ maxLengthBytes: 2 ** 30, maxAgeS: 2_592_000, segmentBytes: 2 ** 26 });
  });

  test('spreads the wards of the simulator and of the load scripts over all partitions', () => {
    const topology = readTopology();
    const wards = [0, 12, 24, 36].map((bed) => bedAt(bed).ward);
    const partitions = wards.map((ward) => partitionOf(topology, 'alerts.raw', ward));
    expect(partitions).toEqual(['alerts.raw-w0', 'alerts.raw-w1', 'alerts.raw-w2', 'alerts.raw-w3']);
  });
});

test('a stream more is a few lines', () => {
  const topology = parseTopology(
    `${GOOD}  vitals: { partitioned: by-ward, devices: vitals, maxLength: 2 GiB, maxAge: 1 d, segment: 64 MiB }\n`,
    'topology.yml',
  );
  const vitals = declarationsOf(topology).find(({ spec }) => spec.name === 'vitals');
  expect(vitals?.streams).toEqual(['vitals-w0', 'vitals-w1']);
  expect(vitals?.bindings.map(({ routingKey }) => routingKey)).toContain('hl.icu-1.*.*.vitals');
});

test('partitionOf speaks of streams that have partitions only', () => {
  const topology = parseTopology(GOOD, 'topology.yml');
  expect(partitionOf(topology, 'alerts.raw', 'icu-1')).toBe('alerts.raw-w0');
  expect(partitionOf(topology, 'alerts.raw', 'nobody-knows')).toBe('alerts.raw-w1');
  expect(() => partitionOf(topology, 'dead-letters', 'icu-1')).toThrow('no stream that has partitions');
  expect(() => partitionOf(topology, 'vital', 'icu-1')).toThrow('vital is no stream');
});

describe('a fault is told with its path, what was found, and what is allowed', () => {
  test.each([
    ['maxAge: 30 d', 'maxAge: 30', 'streams["alerts.raw"].maxAge: found 30\n    allowed: an age from 1 m to 3650 d'],
    ['maxAge: 30 d', 'maxAge: 30 D', 'streams["alerts.raw"].maxAge: found "30 D"\n    allowed: an age'],
    ['maxAge: 30 d', 'maxAge: 3 s', 'found "3 s"'],
    ['1 GiB', '1 GB', 'streams["alerts.raw"].maxLength: found "1 GB"\n    allowed: a size from 1 MiB to 102400 GiB'],
    ['1 GiB', '-1 GiB', 'found "-1 GiB"'],
    ['64 MiB', '3 GiB', 'streams["alerts.raw"].segment: found "3 GiB"\n    allowed: a size from 1 MiB to 2861 MiB'],
    ['64 MiB', '2 GiB', 'streams["alerts.raw"].segment: found "2 GiB"\n    allowed: at most maxLength'],
    [
      'devices: alert',
      'devices: alarm',
      'streams["alerts.raw"].devices: found "alarm"\n    allowed: one of alert, vitals',
    ],
    ['partitioned: by-ward', 'partitioned: by-bed', 'allowed: by-ward, by-key, or no such line'],
    ['partitioned: by-ward, ', '', 'streams["alerts.raw"].devices: found "alert"\n    allowed: only with "partitioned'],
    ['segment: 64 MiB', 'segment: 64 MiB, size: 3', 'streams["alerts.raw"].size: found 3\n    allowed: no entry'],
    ['segment: 64 MiB', 'segments: 64 MiB', 'streams["alerts.raw"].segment: found nothing'],
    ['dead-letters: ', 'dead letters: ', 'streams["dead letters"] is not a name here; allowed: a name of a-z 0-9'],
    ['others: w1', 'others: w9', 'wards.others: found "w9"\n    allowed: one of the partitions (w0, w1)'],
    [
      'w1: [icu-2]',
      'w1: [icu-1]',
      'wards.partitions.w1[0]: found "icu-1"\n    allowed: a ward in one place only; w0 has',
    ],
    ['w1: [icu-2]', 'w1: [icu.2]', 'wards.partitions.w1[0]: found "icu.2"\n    allowed: must not contain a dot'],
    ['w1: [icu-2]', 'w1: ["*"]', 'wards.partitions.w1[0]: found "*"'],
    ['w1: [icu-2]', 'w1: icu-2', 'wards.partitions.w1: found "icu-2"\n    allowed: a list of wards'],
    ['w1: [icu-2]', 'w1: [icu-2], W-2: []', 'is not a name here; allowed: a name of 1 to 32 of a-z 0-9'],
    ['wards:', 'ward:', 'wards: found nothing'],
    [
      '  dead-letters: {',
      '  vitals: { partitioned: by-ward, devices: alert, ',
      'streams.vitals.devices: found "alert"',
    ],
    ['  dead-letters: {', '  alerts.raw: {', 'Map keys must be unique'],
    ['w1: [icu-2]', 'w1: [icu-2', 'topology.yml is wrong:'],
  ])('%s → %s', (from, to, said) => {
    expect(faultOf(from, to)).toContain(said);
  });

  test('all at once', () => {
    const text = GOOD.replace('30 d', 'long').replace('512 MiB', 'much');
    expect(() => parseTopology(text, 'topology.yml')).toThrow(/maxAge.*dead-letters.*maxLength/s);
  });

  test('an empty file', () => {
    expect(() => parseTopology('', 'topology.yml')).toThrow('(the file): found null');
  });
});

test('a key is in the partition that its hash says, and keys are spread over all', () => {
  const topology = readTopology();
  const partitions = Array.from({ length: 400 }, (_, n) => partitionOf(topology, 'purchases', `sku-${n}`));
  expect(partitionOf(topology, 'purchases', 'sku-0')).toBe(partitions[0]);
  for (const name of ['p0', 'p1', 'p2', 'p3']) {
    const share = partitions.filter((partition) => partition === `purchases-${name}`).length;
    expect(share).toBeGreaterThan(60);
  }
});

test('by-key and a number of partitions go together', () => {
  const file = (text: string) =>
    `wards: { partitions: { w0: [] }, others: w0 }\nstreams:\n  s: { ${text}, maxLength: 64 MiB, maxAge: 1 d, segment: 1 MiB }`;
  const wrong = 'a number with "partitioned: by-key", and only there';
  expect(() => parseTopology(file('partitioned: by-key'), 't')).toThrow(wrong);
  expect(() => parseTopology(file('partitions: 4'), 't')).toThrow(wrong);
  expect(() => parseTopology(file('partitioned: by-key, partitions: 0'), 't')).toThrow('1 partition at least');
  const [spec] = parseTopology(file('partitioned: by-key, partitions: 2'), 't').streams;
  expect(spec).toMatchObject({ partitions: ['p0', 'p1'], partitionedBy: 'key' });
});
