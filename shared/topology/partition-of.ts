import { createHash } from 'node:crypto';
import { PermanentError } from '../errors.ts';
import type { StreamSpec, Topology } from './topology-schema.ts';

/** The stream behind a partition: `alerts.raw`, `w0` → `alerts.raw-w0`. */
export const partitionStream = (stream: string, partition: string) => `${stream}-${partition}`;

/** Every stream that a broker holds for it: its partitions, or itself. */
export const streamsOf = ({ name, partitions }: StreamSpec): string[] =>
  partitions.length === 0 ? [name] : partitions.map((partition) => partitionStream(name, partition));

/**
 * The partition that a ward's, or a key's, records of a stream are in, by its stream's name (`alerts.raw-w0`): what the bindings do
 * for MQTT, for those who publish to the stream themselves. A key is where its hash says, so the number of partitions is for good.
 * @throws PermanentError `stream_not_partitioned`: the topology has no such stream that has partitions
 */
export function partitionOf({ streams, wards, othersPartition }: Topology, stream: string, wardOrKey: string): string {
  const spec = streams.find(({ name }) => name === stream);
  if (spec?.partitionedBy === undefined) {
    throw new PermanentError('stream_not_partitioned', `${stream} is no stream that has partitions`);
  }
  if (spec.partitionedBy === 'ward') return partitionStream(stream, wards.get(wardOrKey) ?? othersPartition);
  const hash = createHash('sha256').update(wardOrKey).digest().readUInt32BE(0);
  return partitionStream(stream, spec.partitions[hash % spec.partitions.length] ?? '');
}
