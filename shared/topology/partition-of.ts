import { PermanentError } from '../errors.ts';
import type { StreamSpec, Topology } from './topology-schema.ts';

/** The stream behind a partition: `alerts.raw`, `w0` → `alerts.raw-w0`. */
export const partitionStream = (stream: string, partition: string) => `${stream}-${partition}`;

/** Every stream that a broker holds for it: its partitions, or itself. */
export const streamsOf = ({ name, partitions }: StreamSpec): string[] =>
  partitions.length === 0 ? [name] : partitions.map((partition) => partitionStream(name, partition));

/**
 * The partition that a ward's records of a stream are in, by its stream's name (`alerts.raw-w0`): what the bindings do for MQTT,
 * for those who publish to the stream themselves.
 * @throws PermanentError `stream_not_by_ward`: the topology has no such stream that is partitioned by ward
 */
export function partitionOf({ streams, wards, othersPartition }: Topology, stream: string, ward: string): string {
  const spec = streams.find(({ name }) => name === stream);
  if (spec === undefined || spec.partitions.length === 0) {
    throw new PermanentError('stream_not_by_ward', `${stream} is no stream that is partitioned by ward`);
  }
  return partitionStream(stream, wards.get(ward) ?? othersPartition);
}
