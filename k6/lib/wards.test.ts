import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { partitionOf } from '../../shared/topology/partition-of.ts';
import { readTopology } from '../../shared/topology/read-topology.ts';
import { syntheticEpisodes, WARDS } from './messages.ts';
import { inEveryWard } from './wards.ts';

const episode = (patientId: string, text: string) => ({
  patientId,
  text,
  ward: 'icu-9',
  bed: 'bed-07',
  kind: 'VT',
  severity: 'high',
});

test('every ward gets the same episodes, of patients and in beds that no other ward has', () => {
  const episodes = [episode('p', '1'), episode('p', '2'), episode('q', '3')];
  const spread = inEveryWard(episodes, ['a', 'b']);
  expect(spread.map(({ ward, text }) => `${ward} ${text}`)).toEqual(['a 1', 'a 2', 'a 3', 'b 1', 'b 2', 'b 3']);
  expect(spread.map(({ patientId }) => patientId)).toEqual(['p-1', 'p-1', 'q-1', 'p-2', 'p-2', 'q-2']);
  expect(spread.slice(0, 3).map(({ bed }) => bed)).toEqual(['bed-01', 'bed-01', 'bed-02']);
  const places = (of: typeof spread) => new Set(of.map(({ ward, bed, deviceId }) => `${ward}/${bed}/${deviceId}`));
  expect(places(spread).size).toBe(4);
});

test.each(['a/b', '+', ''])('%j is no ward', (ward) => {
  expect(() => inEveryWard([episode('p', '1')], ['a', ward])).toThrow(/WARDS: ".*" is no level of a topic/);
});

const onePartitionEach = (wards: readonly string[]) => {
  const topology = readTopology();
  const partitions = wards.map((ward) => partitionOf(topology, 'alerts.raw', ward));
  const all = topology.streams.find(({ name }) => name === 'alerts.raw')?.partitions ?? [];
  return new Set(partitions).size === all.length && partitions.length === all.length;
};

test("the made-up patients' wards, and those of healthcare/3, are one in each partition", () => {
  expect(new Set(syntheticEpisodes().map(({ ward }) => ward))).toEqual(new Set(WARDS));
  expect(onePartitionEach(WARDS)).toBe(true);
  const file = new URL('../../lab/experiments/healthcare/3.yml', import.meta.url);
  const { load } = parse(readFileSync(file, 'utf8')) as { load: { environment: { WARDS: string } } };
  expect(onePartitionEach(load.environment.WARDS.split(','))).toBe(true);
  // The check is one: two of these are in the same partition.
  expect(onePartitionEach(['icu-1', 'icu-5', 'icu-3', 'icu-4'])).toBe(false);
});
