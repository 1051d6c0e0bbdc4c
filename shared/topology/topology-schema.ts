import { z } from 'zod';
import { type DeviceTopicKind, topicLevelSchema } from '../mqtt/device-topic.ts';
import { segmentSize, streamAge, streamLength } from './units.ts';

/** What a stream may be fed with; `status` is retained by the IoT data plane and no stream's. */
const DEVICE_KINDS = ['alert', 'vitals', 'status'] as const satisfies readonly DeviceTopicKind[];

/**
 * Names of streams and partitions become names of queues, exchanges and policies, and parts of a policy's pattern. A stream's
 * and a partition's together stay under the 255 bytes of the protocol.
 */
const streamName = z
  .string()
  .regex(/^[a-z][a-z0-9]*([.-][a-z0-9]+)*$/, 'a name of a-z 0-9, words joined by . or -, as "alerts.raw"')
  .max(100, 'a name of at most 100 characters');
const partitionName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,31}$/, 'a name of 1 to 32 of a-z 0-9, a letter first, as "w0"');

/** More than a machine of this kind of use has workers. */
const PARTITIONS_MAX = 64;

const streamSchema = z.strictObject({
  /** Absent: one plain stream. */
  partitioned: z
    .enum(['by-ward', 'by-key'], { error: 'by-ward, by-key, or no such line for one plain stream' })
    .optional(),
  /** With by-key: how many there are, for good: a key is where its hash says. */
  partitions: z
    .int({ error: 'how many partitions: a whole number' })
    .min(1, '1 partition at least')
    .max(PARTITIONS_MAX, `${PARTITIONS_MAX} partitions at most`)
    .optional(),
  /** The device topics that fill it. Absent: functions publish to it. */
  devices: z.enum(DEVICE_KINDS, { error: `one of ${DEVICE_KINDS.join(', ')}, or no such line` }).optional(),
  /** `optional`: whoever wants to reads it; that nobody does is no fault. */
  readers: z.enum(['optional'], { error: 'optional, or no such line' }).optional(),
  maxLength: streamLength,
  maxAge: streamAge,
  segment: segmentSize,
});

/** What belongs where there is no map. */
const noMap = (wanted: string) => (issue: { readonly code?: string | undefined }) =>
  issue.code === 'invalid_type' ? wanted : undefined;

const wardsSchema = z.strictObject(
  {
    partitions: z.record(partitionName, z.array(topicLevelSchema, { error: 'a list of wards, as [icu-1, icu-2]' }), {
      error: 'partitions, each with a list of wards',
    }),
    others: z.string({ error: 'the name of one of the partitions' }),
  },
  { error: noMap('partitions and others') },
);

/** Rules between entries; each speaks only of entries that are well-formed by themselves. */
export const topologyFileSchema = z
  .strictObject(
    {
      wards: wardsSchema,
      streams: z.record(streamName, streamSchema, { error: 'streams, each with maxLength, maxAge and segment' }),
    },
    { error: noMap('wards and streams') },
  )
  .superRefine(({ wards, streams }, context) => {
    const names = Object.keys(wards.partitions);
    const fault = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (!names.includes(wards.others)) {
      fault(['wards', 'others'], `one of the partitions (${names.join(', ') || 'there is none'})`);
    }
    const home = new Map<string, string>();
    for (const [partition, listed] of Object.entries(wards.partitions)) {
      for (const [index, ward] of listed.entries()) {
        const other = home.get(ward);
        if (other) fault(['wards', 'partitions', partition, index], `a ward in one place only; ${other} has it too`);
        home.set(ward, partition);
      }
    }
    const fedBy = new Map<string, string>();
    for (const [name, stream] of Object.entries(streams)) {
      if (stream.devices !== undefined && stream.partitioned !== 'by-ward') {
        fault(['streams', name, 'devices'], 'only with "partitioned: by-ward", which keeps a patient\'s order');
      }
      if ((stream.partitioned === 'by-key') !== (stream.partitions !== undefined)) {
        fault(['streams', name, 'partitions'], 'a number with "partitioned: by-key", and only there');
      }
      const other = stream.devices && fedBy.get(stream.devices);
      if (other) fault(['streams', name, 'devices'], `topics that no other stream takes; ${other} takes these`);
      if (stream.devices) fedBy.set(stream.devices, name);
      if (stream.segment > stream.maxLength) {
        fault(['streams', name, 'segment'], 'at most maxLength: what is removed is whole segments');
      }
    }
  });

export interface StreamSpec {
  readonly name: string;
  /** In their order; empty: one plain stream of this name. */
  readonly partitions: readonly string[];
  /** What decides which partition a record is in; undefined: there is one stream. */
  readonly partitionedBy: 'ward' | 'key' | undefined;
  readonly devices: DeviceTopicKind | undefined;
  readonly isReadersChoice: boolean;
  readonly maxLengthBytes: number;
  readonly maxAgeS: number;
  readonly segmentBytes: number;
}

export interface Topology {
  /** Where it was read from, as errors name it. */
  readonly source: string;
  readonly streams: readonly StreamSpec[];
  /** Ward → partition. */
  readonly wards: ReadonlyMap<string, string>;
  /** The partition of each ward that is not listed. */
  readonly othersPartition: string;
}

function partitionsOf(
  partitioned: 'by-ward' | 'by-key' | undefined,
  wardPartitions: readonly string[],
  count: number,
): Pick<StreamSpec, 'partitions' | 'partitionedBy'> {
  if (partitioned === undefined) return { partitions: [], partitionedBy: undefined };
  if (partitioned === 'by-ward') return { partitions: wardPartitions, partitionedBy: 'ward' };
  return { partitions: Array.from({ length: count }, (_, index) => `p${index}`), partitionedBy: 'key' };
}

export function topologyOf(source: string, { wards, streams }: z.output<typeof topologyFileSchema>): Topology {
  const wardPartitions = Object.keys(wards.partitions);
  return {
    source,
    streams: Object.entries(streams).map(([name, { partitioned, partitions: count = 0, ...stream }]) => ({
      name,
      ...partitionsOf(partitioned, wardPartitions, count),
      devices: stream.devices,
      isReadersChoice: stream.readers === 'optional',
      maxLengthBytes: stream.maxLength,
      maxAgeS: stream.maxAge,
      segmentBytes: stream.segment,
    })),
    wards: new Map(
      Object.entries(wards.partitions).flatMap(([partition, listed]) =>
        listed.map((ward) => [ward, partition] as const),
      ),
    ),
    othersPartition: wards.others,
  };
}
