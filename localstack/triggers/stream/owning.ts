import type { StreamClient } from '../stream-client/client.ts';
import { streamStatistics } from '../stream-client/offsets.ts';
import type { StartOffset } from '../stream-client/wire.ts';
import { type Checkpoints, consumerOf, FENCED_OUT, type Ownership } from './checkpoint-store.ts';
import type { EventCheckpoint } from './event.ts';
import type { RabbitmqStreamOptions } from './options.ts';

interface Partition {
  readonly stream: string;
  readonly consumerName: string;
  readonly options: RabbitmqStreamOptions;
  readonly checkpoints: Checkpoints;
}

/** Where the options have a partition begin that has no checkpoint. */
export function startOf({ startingPosition, startingPositionTimestampMs }: RabbitmqStreamOptions): StartOffset {
  if (startingPosition === 'TRIM_HORIZON') return 'first';
  return startingPosition === 'LATEST' ? 'next' : new Date(startingPositionTimestampMs ?? 0);
}

export interface Taken {
  readonly ownership: Ownership;
  readonly start: StartOffset;
}

/**
 * Makes this worker the partition's owner. LATEST means something only once: from then on there is a checkpoint, or what
 * comes between this and the first that is stored for a record would be lost to a restart. It is behind the first record
 * of the last chunk, the nearest to the end that every broker names, so a restart may begin with the rest of that chunk.
 * @param known the checkpoint that this worker last stored or read, if it did
 */
export async function takeOver(
  { stream, options, checkpoints }: Partition,
  client: StreamClient,
  known: bigint | undefined,
): Promise<Taken> {
  const ownership = await checkpoints.takeOver(stream);
  if (ownership.position !== undefined) return { ownership, start: ownership.position };
  // RabbitMQ forgets stored offsets that its retention has overtaken: what is left comes next, wherever a start would begin.
  if (known !== undefined) return { ownership, start: 'first' };
  const start = startOf(options);
  if (start !== 'next') return { ownership, start };
  const { committedChunkId = 0n, committedOffset } = await streamStatistics(client, stream);
  const position = (committedOffset ?? committedChunkId) + 1n;
  await checkpoints.save(stream, ownership, position);
  return { ownership: { ...ownership, position }, start };
}

/** What the handler may prove and store. */
export function eventCheckpoint(
  { consumerName, stream }: Partition,
  { epoch }: Ownership,
  position: bigint | undefined,
): EventCheckpoint | undefined {
  if (epoch === undefined) return undefined;
  const fence = { consumer: consumerOf(consumerName, stream), epoch: String(epoch) };
  return position === undefined ? fence : { ...fence, position: String(position) };
}

/** Whether an error of a store, or a handler's failures, says that a later owner is there. */
export function isFencedOut(said: unknown): boolean {
  if (typeof said !== 'object' || said === null) return false;
  if ('code' in said) return said.code === FENCED_OUT;
  if ('failure' in said) return isFencedOut(said.failure);
  return 'failures' in said && said.failures instanceof Map && [...said.failures.values()].some(isFencedOut);
}
