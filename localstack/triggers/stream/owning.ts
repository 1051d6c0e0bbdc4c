import type { Clock } from '../clock.ts';
import type { StreamClient } from '../stream-client/client.ts';
import { streamStatistics } from '../stream-client/offsets.ts';
import { streamEnd } from '../stream-client/stream-end.ts';
import type { StartOffset } from '../stream-client/wire.ts';
import { type Checkpoints, consumerOf, FENCED_OUT, type Ownership } from './checkpoint-store.ts';
import type { EventCheckpoint } from './event.ts';
import type { RabbitmqStreamOptions } from './options.ts';
import type { StreamTuning } from './tuning.ts';
import { type UntilDone, untilDone } from './until-done.ts';

/** A broker that has just booted may not know its streams' ends yet; a stream that was made anew stays as it is. */
const SETTLE_MS = 10_000;
const LOOK_EVERY_MS = 500;

interface Partition {
  readonly tuning: Pick<StreamTuning, 'takeOverDeadlineMs' | 'takeOverDelay'>;
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
  /** Why the partition is held, and nothing of it handled. */
  readonly problem?: string;
}

/**
 * What is behind the checkpoint is to come; where the stream ends before it, it was deleted and made anew, or lost its tail.
 * Reading on would skip, in silence, all that is written below the checkpoint, which never moves back.
 */
async function lookPastTheEnd(
  { stream, consumerName, checkpoints }: Partition,
  client: StreamClient,
  position: bigint,
): Promise<string | undefined> {
  const { committedChunkId = 0n } = await streamStatistics(client, stream);
  // Most often it is the last chunk's own offset, or one that the broker keeps for itself.
  if (position <= committedChunkId + 1n) return undefined;
  const end = await streamEnd(client, stream);
  if (position <= end) return undefined;
  return (
    `the checkpoint, ${position}, of consumer ${consumerOf(consumerName, stream)} is past the end of ${stream}, ${end}: the stream was made anew, or has lost its tail. ` +
    `Nothing is read, since what is written below it would be skipped. Stop the workers, then ${checkpoints.removal(stream)}, and start them`
  );
}

/** What stays past the end, however often one looks. */
async function pastTheEnd(
  partition: Partition,
  client: StreamClient,
  position: bigint,
  clock: Clock,
): Promise<string | undefined> {
  const sinceMs = clock.nowMs();
  for (;;) {
    const problem = await lookPastTheEnd(partition, client, position);
    if (problem === undefined || clock.nowMs() - sinceMs >= SETTLE_MS) return problem;
    await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve));
  }
}

/** Told of failures, and when nobody waits any more. */
type TakingOver = Omit<UntilDone, 'deadlineMs' | 'delay'>;

/**
 * Makes this worker the partition's owner, and tries until it is. LATEST means something only once: from then on there is a checkpoint, at what was
 * the end, or what comes between this and the first that is stored for a record would be lost to a restart, and what comes
 * before the broker attaches the reader to all.
 * @param known the checkpoint that this worker last stored or read, if it did
 * @throws the last failure once the deadline has passed or it is over
 */
export function takeOver(
  partition: Partition,
  client: StreamClient,
  known: bigint | undefined,
  taking: TakingOver,
): Promise<Taken> {
  const { takeOverDeadlineMs: deadlineMs, takeOverDelay: delay } = partition.tuning;
  return untilDone(() => tryToTakeOver(partition, client, known, taking.context.clock), {
    ...taking,
    deadlineMs,
    delay,
  });
}

async function tryToTakeOver(
  partition: Partition,
  client: StreamClient,
  known: bigint | undefined,
  clock: Clock,
): Promise<Taken> {
  const { stream, options, checkpoints } = partition;
  const ownership = await checkpoints.takeOver(stream);
  if (ownership.position !== undefined) {
    const problem = await pastTheEnd(partition, client, ownership.position, clock);
    return { ownership, start: ownership.position, ...(problem === undefined ? {} : { problem }) };
  }
  // RabbitMQ forgets stored offsets that its retention has overtaken: what is left comes next, wherever a start would begin.
  if (known !== undefined) return { ownership, start: 'first' };
  const start = startOf(options);
  if (start !== 'next') return { ownership, start };
  const position = await streamEnd(client, stream);
  await checkpoints.save(stream, ownership, position);
  return { ownership: { ...ownership, position }, start: position };
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
