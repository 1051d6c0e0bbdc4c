import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDeviceTopic, topicLevelSchema } from '../../shared/mqtt/device-topic.ts';
import { partitionOf } from '../../shared/topology/partition-of.ts';
import { parseTopology } from '../../shared/topology/read-topology.ts';
import type { Topology } from '../../shared/topology/topology-schema.ts';
import { type Declarations, declarationsOf } from './declarations.ts';
import { routed } from './test-routing-model.ts';

const level = fc
  .stringMatching(/^[A-Za-z0-9][A-Za-z0-9_:-]{0,12}$/)
  .filter((text) => topicLevelSchema.safeParse(text).success);
const STREAM = { partitioned: 'by-ward', maxLength: '1 GiB', maxAge: '30 d', segment: '64 MiB' };
const SIZES = { min: 1, max: 12 };

/** A topology of generated wards over generated partitions, with two streams that devices fill. */
const topologies: fc.Arbitrary<Topology> = fc
  .tuple(
    fc.uniqueArray(level, { maxLength: 20 }),
    fc.integer(SIZES),
    fc.array(fc.nat({ max: SIZES.max }), { minLength: 21, maxLength: 21 }),
  )
  .map(([wards, count, picks]) => {
    const names = Array.from({ length: count }, (_, index) => `w${index}`);
    const place = (index: number) => names[(picks[index] ?? 0) % count] ?? 'w0';
    const partitions = Object.fromEntries(
      names.map((name) => [name, wards.filter((_, index) => place(index) === name)]),
    );
    const streams = { 'alerts.raw': { ...STREAM, devices: 'alert' }, vitals: { ...STREAM, devices: 'vitals' } };
    return parseTopology(JSON.stringify({ wards: { partitions, others: place(20) }, streams }), 'generated');
  });

const histories = fc.record({
  topology: topologies,
  bed: level,
  patientId: level,
  unlisted: level,
  pick: fc.nat({ max: 40 }),
});

type Declare = (topology: Topology) => Declarations[];

/** For a listed ward or another: an alert over MQTT is stored once, where `partitionOf` says, and nothing else gets there. */
const agrees = (declare: Declare) =>
  fc.property(histories, ({ topology, bed, patientId, unlisted, pick }) => {
    const ward = [...topology.wards.keys()][pick] ?? unlisted;
    const all = declare(topology);
    const key = (kind: 'alert' | 'vitals' | 'status') =>
      formatDeviceTopic({ ward, bed, patientId, kind }).replaceAll('/', '.');
    expect(routed(all, key('alert'))).toEqual([partitionOf(topology, 'alerts.raw', ward)]);
    expect(routed(all, key('vitals'))).toEqual([partitionOf(topology, 'vitals', ward)]);
    expect(routed(all, key('status'))).toEqual([]);
  });

test('MQTT and partitionOf agree on the partition of every ward, listed or not', () => {
  fc.assert(agrees(declarationsOf), { numRuns: 200 });
});

const changed =
  (change: (declared: Declarations) => Declarations): Declare =>
  (topology) =>
    declarationsOf(topology).map(change);

test.each<[string, Declare]>([
  [
    'every kind of topic is let in',
    changed((declared) => ({
      ...declared,
      bindings: declared.bindings.map((each) =>
        each.destinationType === 'exchange' ? { ...each, routingKey: 'hl.#' } : each,
      ),
    })),
  ],
  [
    'what no ward takes goes nowhere',
    changed((declared) => ({
      ...declared,
      exchanges: declared.exchanges.map((each) => (each.type === 'topic' ? { ...each, arguments: {} } : each)),
    })),
  ],
  [
    'others is bound beside the wards, not behind them',
    changed((declared) => ({
      ...declared,
      bindings: declared.bindings.map((each) =>
        each.source.endsWith('.others')
          ? { ...each, source: each.source.replace('.others', '.wards'), routingKey: '#' }
          : each,
      ),
    })),
  ],
  ['a ward is forgotten', changed((declared) => ({ ...declared, bindings: withoutOneWard(declared) }))],
])('mutant: %s', (_, declare) => {
  expect(() => fc.assert(agrees(declare), { seed: 7, numRuns: 200, endOnFailure: true })).toThrow();
});

function withoutOneWard({ bindings }: Declarations): Declarations['bindings'] {
  const ward = bindings.find(({ source }) => source.endsWith('.wards'));
  return bindings.filter((each) => each !== ward);
}
