import { partitionStream, streamsOf } from '../../shared/topology/partition-of.ts';
import type { StreamSpec, Topology } from '../../shared/topology/topology-schema.ts';

/** AMQP arguments as the management API has them. */
type Arguments = Readonly<Record<string, string | number | boolean>>;

export interface PolicyDeclaration {
  readonly name: string;
  readonly pattern: string;
  readonly priority: number;
  readonly definition: { readonly 'max-age': string; readonly 'max-length-bytes': number };
}

export interface ExchangeDeclaration {
  readonly name: string;
  readonly type: 'direct' | 'topic' | 'fanout';
  /** Only other exchanges publish to it. */
  readonly internal: boolean;
  readonly arguments: Arguments;
}

export interface BindingDeclaration {
  readonly source: string;
  readonly destination: string;
  readonly destinationType: 'queue' | 'exchange';
  readonly routingKey: string;
  readonly arguments: Arguments;
}

/** What one stream of the file takes on a broker, in the order in which it is created: nothing is fed before all behind it is there. */
export interface Declarations {
  readonly spec: StreamSpec;
  readonly policy: PolicyDeclaration;
  readonly streams: readonly string[];
  readonly exchanges: readonly ExchangeDeclaration[];
  readonly bindings: readonly BindingDeclaration[];
}

/** Where RabbitMQ publishes what MQTT clients send, topics with dots for slashes. */
export const MQTT_EXCHANGE = 'amq.topic';
/** Above what is usually given, so that a policy for all queues of a broker does not take ours over. */
const POLICY_PRIORITY = 10;
const ROOT = 'hl';

export const declarationsOf = (topology: Topology): Declarations[] =>
  topology.streams.map((spec) => ({
    spec,
    policy: policyOf(spec),
    streams: streamsOf(spec),
    ...(spec.partitions.length === 0 ? { exchanges: [], bindings: [] } : superStream(spec, topology)),
  }));

function policyOf(spec: StreamSpec): PolicyDeclaration {
  const names = streamsOf(spec).map((name) => name.replaceAll('.', '\\.'));
  return {
    name: `heartline.${spec.name}`,
    pattern: `^(${names.join('|')})$`,
    priority: POLICY_PRIORITY,
    definition: { 'max-age': `${spec.maxAgeS}s`, 'max-length-bytes': spec.maxLengthBytes },
  };
}

/** The streams that a policy of ours names. */
export function governedBy(pattern: string): string[] {
  const [, names] = /^\^\((.+)\)\$$/.exec(pattern) ?? [];
  return names?.split('|').map((name) => name.replaceAll('\\.', '.')) ?? [];
}

/** The objects of which RabbitMQ's own CreateSuperStream makes one, and the way in for device topics. */
function superStream(spec: StreamSpec, topology: Topology): Pick<Declarations, 'exchanges' | 'bindings'> {
  const own: ExchangeDeclaration = {
    name: spec.name,
    type: 'direct',
    internal: false,
    arguments: { 'x-super-stream': true },
  };
  const partitions = spec.partitions.map(
    (partition, order): BindingDeclaration => ({
      source: spec.name,
      destination: partitionStream(spec.name, partition),
      destinationType: 'queue',
      routingKey: partition,
      arguments: { 'x-stream-partition-order': order },
    }),
  );
  if (spec.devices === undefined) return { exchanges: [own], bindings: partitions };
  const way = deviceWay(spec.name, spec.devices, topology);
  return { exchanges: [own, ...way.exchanges], bindings: [...partitions, ...way.bindings] };
}

/**
 * amq.topic → `<stream>.wards`, which knows the listed wards; what it cannot place goes on, by its alternate exchange, to
 * `<stream>.others` and so into the partition `others`. A topic exchange alone cannot say "none of these", and amq.topic is not ours
 * to give an alternate exchange to.
 */
function deviceWay(name: string, kind: string, { wards, othersPartition }: Topology) {
  const byWard = `${name}.wards`;
  const others = `${name}.others`;
  const exchanges: ExchangeDeclaration[] = [
    { name: others, type: 'fanout', internal: true, arguments: {} },
    { name: byWard, type: 'topic', internal: true, arguments: { 'alternate-exchange': others } },
  ];
  const toPartition = (source: string, partition: string, routingKey: string): BindingDeclaration => ({
    source,
    destination: partitionStream(name, partition),
    destinationType: 'queue',
    routingKey,
    arguments: {},
  });
  const bindings: BindingDeclaration[] = [
    toPartition(others, othersPartition, ''),
    ...[...wards].map(([ward, partition]) => toPartition(byWard, partition, `${ROOT}.${ward}.*.*.${kind}`)),
    // Not `*.*.*`: a dot in a topic makes a level more in RabbitMQ, and a record that is refused can be seen; one never stored cannot.
    {
      source: MQTT_EXCHANGE,
      destination: byWard,
      destinationType: 'exchange',
      routingKey: `${ROOT}.#.${kind}`,
      arguments: {},
    },
  ];
  return { exchanges, bindings };
}
