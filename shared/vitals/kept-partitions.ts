// What this process knows of its partitions' patients and thresholds, how that gets into the database, and how it comes back.
import { TransientError } from '../errors.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import type { Log } from '../observability/logger.ts';
import { type Arrival, EMPTY_PARTITION, type PartitionState } from './evaluate.ts';
import { packSnapshot, SNAPSHOT_VERSION, snapshotText, unpackSnapshot } from './snapshot.ts';
import { type ThresholdView, viewOf } from './threshold-view.ts';

/**
 * What the clocks of a broker and of who reads from it may differ by: kept by NTP, they are within some milliseconds. As long after
 * a takeover a change of thresholds waits.
 */
const CLOCKS_APART_MS = 2_000;

/** A batch of one partition, in its order. */
export interface VitalsBatch {
  readonly consumer: string;
  /** The owner's number: a higher one has taken the partition over. */
  readonly epoch: bigint;
  /** Offset of its first record, one that was refused included. */
  readonly first: bigint;
  /** Whether all before it is done, dead letters included: the checkpoint may go to where it begins. */
  readonly allBefore: boolean;
  readonly arrivals: readonly (readonly [offset: bigint, arrival: Arrival])[];
}

interface StoredSnapshot {
  readonly position: bigint;
  readonly version: number;
  readonly state: Buffer;
}

export interface KeepingParts {
  loadSnapshot(consumer: string): Promise<StoredSnapshot | undefined>;
  /** Stores state and checkpoint together. @throws an error with the code `fenced_out` when the epoch is over */
  saveSnapshot(snapshot: StoredSnapshot & { readonly consumer: string; readonly epoch: bigint }): Promise<void>;
  /** Those that hold now. */
  thresholds(): ThresholdView;
  readonly snapshotEveryMs: number;
  /** Monotonic. */
  nowMs(): number;
  /** Since 1970. */
  wallMs(): number;
}

/** For what one batch tells. */
export interface AlerterTrail {
  readonly log: Log;
  readonly recordMetric: RecordMetric;
  /** For what ends after the batch, whose own metrics are written by then. */
  readonly recordLater: RecordMetric;
}

export interface Partition {
  readonly epoch: bigint;
  state: PartitionState;
  /** The first offset that is not in the state. */
  position: bigint;
  /** Up to here something may have been told by these thresholds; the state may not be as far yet. */
  triedTo: bigint;
  /** The thresholds by which it is judged: part of what is stored, so that a replay tells what was told. */
  view: ThresholdView;
}

interface Kept extends Partition {
  /** What arrived before may have been judged by a former owner, by the thresholds of its snapshot. */
  readonly takenMs: number;
  /** Nothing is stored that it could be begun from again: that comes first, unless a dead letter before the batch is not confirmed. */
  isNew: boolean;
  savedMs: number;
  saving: Promise<void> | undefined;
  isFailing: boolean;
  /** Storing its state has shown that another worker has it. */
  isOver: boolean;
}

const fencedOut = () => new TransientError('fenced_out', 'The partition has been taken over since.');

/** The trigger takes any other error for a fault of the records, and would give up on them one by one. */
function asTransient(error: unknown): TransientError {
  if (error instanceof TransientError) return error;
  return new TransientError('snapshot_failed', 'The state could not be read or stored.', { cause: error });
}

export function keepPartitions(parts: KeepingParts) {
  const partitions = new Map<string, Kept>();

  async function restored(
    stored: StoredSnapshot,
    { consumer, first }: VitalsBatch,
    { log, recordMetric }: AlerterTrail,
  ) {
    const { position, version } = stored;
    const about = { consumer, position: String(position), version };
    if (version > SNAPSHOT_VERSION) {
      const text = `The state of ${consumer} has version ${version}, known are up to ${SNAPSHOT_VERSION}: a worker of that release has to take it.`;
      throw new TransientError('snapshot_newer', text);
    }
    if (position > first) {
      log.error('the checkpoint was removed: the state is left out, all patients are new', about);
      return undefined;
    }
    if (version < SNAPSHOT_VERSION) log.warn('state of an older release: what its rules remembered is left out', about);
    try {
      const { state, thresholds } = await unpackSnapshot(stored.state, version);
      return { position, state, view: thresholds === undefined ? undefined : viewOf(thresholds) };
    } catch (error) {
      recordMetric('snapshots_failed_total', 1);
      log.error('state cannot be read: it is left out, all patients are new', { ...about, error });
      return undefined;
    }
  }

  async function load(batch: VitalsBatch, trail: AlerterTrail): Promise<Kept> {
    const { consumer, epoch } = batch;
    const stored = await parts.loadSnapshot(consumer).catch((error: unknown) => {
      throw asTransient(error);
    });
    const found = stored && (await restored(stored, batch, trail));
    const position = found?.position ?? 0n;
    const isNew = found?.view === undefined;
    const partition: Kept = {
      epoch,
      state: found?.state ?? EMPTY_PARTITION,
      position,
      triedTo: position,
      view: found?.view ?? parts.thresholds(),
      takenMs: isNew ? Number.NEGATIVE_INFINITY : parts.wallMs(),
      isNew,
      savedMs: parts.nowMs(),
      saving: undefined,
      isFailing: false,
      isOver: false,
    };
    partitions.set(consumer, partition);
    const patients = partition.state.patients.size;
    trail.log.info('partition taken', { consumer, epoch: String(epoch), patients });
    return partition;
  }

  async function partitionOf(batch: VitalsBatch, trail: AlerterTrail): Promise<Kept> {
    const known = partitions.get(batch.consumer);
    if (known === undefined || known.epoch < batch.epoch) return await load(batch, trail);
    if (known.epoch > batch.epoch || known.isOver) throw fencedOut();
    return known;
  }

  /** @throws TransientError when it is not stored, as far as is known */
  async function save(
    partition: Kept,
    view: ThresholdView,
    { consumer, epoch }: VitalsBatch,
    { log, recordLater }: AlerterTrail,
  ): Promise<void> {
    const startedMs = parts.nowMs();
    partition.savedMs = startedMs;
    const { position } = partition;
    const text = snapshotText(partition.state, view.text);
    try {
      const state = await packSnapshot(text);
      await parts.saveSnapshot({ consumer, epoch, position, version: SNAPSHOT_VERSION, state });
      recordLater('snapshot_latency_ms', parts.nowMs() - startedMs);
      if (partition.isFailing) log.info('state stored again', { consumer });
      partition.isFailing = false;
    } catch (error) {
      partition.isOver ||= error instanceof TransientError && error.code === 'fenced_out';
      recordLater('snapshots_failed_total', 1);
      if (!partition.isFailing) log.warn('state not stored: it is tried again', { consumer, error });
      partition.isFailing = true;
      throw asTransient(error);
    }
  }

  /**
   * Whether from here on others than the partition's thresholds may hold: not while something behind this place was told by these,
   * here or by a former owner. While the database is away nothing is waited for: the next state that is stored shows that it is back.
   */
  function maySwitch({ position, triedTo, takenMs, isFailing }: Kept, { arrivals }: VitalsBatch): boolean {
    const arrivedMs = arrivals[0]?.[1].arrivedMs ?? Number.POSITIVE_INFINITY;
    return !isFailing && position >= triedTo && arrivedMs > takenMs + CLOCKS_APART_MS;
  }

  /** Waited for: from the stored position on, a replay is judged by the new thresholds. */
  async function switchTo(
    partition: Kept,
    view: ThresholdView,
    batch: VitalsBatch,
    trail: AlerterTrail,
  ): Promise<void> {
    try {
      await save(partition, view, batch, trail);
    } catch (error) {
      if (partition.isOver) throw error;
      return;
    }
    partition.view = view;
    trail.log.info('thresholds changed', { consumer: batch.consumer, position: String(partition.position) });
  }

  return {
    /**
     * The partition as it is before the batch, with the thresholds that the batch is to be judged by. Its state is stored here, when
     * that is due: where all before the batch is done, position and state agree, whatever becomes of the batch.
     * @throws TransientError: the batch is to come again. `fenced_out`: another worker has the partition
     */
    async before(batch: VitalsBatch, trail: AlerterTrail): Promise<Partition> {
      const partition = await partitionOf(batch, trail);
      // Part of a batch that has come before, or a dead letter before it that is not confirmed: its beginning is not the place.
      if (!batch.allBefore || partition.position > batch.first) return partition;
      // What is between was refused, and is done.
      partition.position = batch.first;
      if (partition.isNew) {
        await save(partition, partition.view, batch, trail);
        partition.isNew = false;
        return partition;
      }
      if (partition.saving !== undefined) return partition;
      const newest = parts.thresholds();
      if (newest.text === partition.view.text) partition.view = newest;
      if (newest !== partition.view && maySwitch(partition, batch)) await switchTo(partition, newest, batch, trail);
      else if (parts.nowMs() - partition.savedMs >= parts.snapshotEveryMs) {
        // Not waited for: readings are judged while the database is slow or away, and a crash replays a little more.
        partition.saving = save(partition, partition.view, batch, trail)
          .catch(() => undefined)
          .finally(() => {
            partition.saving = undefined;
          });
      }
      return partition;
    },
    /** Resolves when nothing is being stored. */
    async idle(): Promise<void> {
      await Promise.all([...partitions.values()].map(({ saving }) => saving));
    },
  };
}
