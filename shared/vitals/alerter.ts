// The vitals alerter of one process: which partitions it has, what it knows of their patients, and when that is stored.
import { TransientError } from '../errors.ts';
import type { RecordMetric } from '../observability/catalogue.ts';
import type { Log } from '../observability/logger.ts';
import type { AlertEvent } from './alert-event.ts';
import {
  type Arrival,
  EMPTY_PARTITION,
  type Evaluated,
  type EvaluationContext,
  evaluate,
  type PartitionState,
} from './evaluate.ts';
import type { PatientState } from './patient-state.ts';
import { packSnapshot, SNAPSHOT_VERSION, snapshotText, unpackSnapshot } from './snapshot.ts';

/** A batch of one partition, in its order. */
interface VitalsBatch {
  readonly consumer: string;
  /** The owner's number: a higher one has taken the partition over. */
  readonly epoch: bigint;
  /** Where the checkpoint may go once all of it is judged; undefined: nowhere yet. */
  readonly position: bigint | undefined;
  readonly arrivals: readonly (readonly [offset: bigint, arrival: Arrival])[];
}

interface StoredSnapshot {
  readonly position: bigint;
  readonly version: number;
  readonly state: Buffer;
}

export interface AlerterParts {
  /** Resolves when the broker has all of them, in their order. */
  publish(events: readonly AlertEvent[]): Promise<void>;
  loadSnapshot(consumer: string): Promise<StoredSnapshot | undefined>;
  /** Stores state and checkpoint together. @throws an error with the code `fenced_out` when the epoch is over */
  saveSnapshot(snapshot: StoredSnapshot & { readonly consumer: string; readonly epoch: bigint }): Promise<void>;
  thresholdsOf: EvaluationContext['thresholdsOf'];
  /** Of patients that are new here: what was stored before their first reading. */
  lastSleep(newcomers: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, PatientState['sleep']>>;
  readonly snapshotEveryMs: number;
  /** Monotonic. */
  nowMs(): number;
}

/** For what one batch tells. */
interface AlerterTrail {
  readonly log: Log;
  readonly recordMetric: RecordMetric;
  /** For what ends after the batch, whose own metrics are written by then. */
  readonly recordLater: RecordMetric;
}

interface Partition {
  readonly epoch: bigint;
  state: PartitionState;
  /** The first offset that is not in the state. */
  position: bigint;
  savedMs: number;
  saving: Promise<void> | undefined;
  /** Storing its state has shown that another worker has it. */
  isOver: boolean;
}

export interface Alerter {
  /**
   * Judges a batch, and resolves when the broker has what came of it. The state moves on only then: a batch that failed comes
   * again onto the state before it, and repeats its alerts' ids. Records that are in the state already are passed over.
   * @throws TransientError: the batch is to come again. `fenced_out`: another worker has the partition
   */
  take(batch: VitalsBatch, trail: AlerterTrail): Promise<void>;
  /** Resolves when nothing is being stored. */
  idle(): Promise<void>;
}

export function createAlerter(parts: AlerterParts): Alerter {
  const partitions = new Map<string, Partition>();
  /** A batch that was given up on by its time limit may still be at work when it comes again. */
  const turns = new Map<string, Promise<void>>();

  async function partitionOf({ consumer, epoch }: VitalsBatch, { log }: AlerterTrail): Promise<Partition> {
    const known = partitions.get(consumer);
    if (known !== undefined && (known.epoch > epoch || (known.epoch === epoch && known.isOver))) {
      throw new TransientError('fenced_out', 'The partition has been taken over since.');
    }
    if (known?.epoch === epoch) return known;
    const stored = await parts.loadSnapshot(consumer);
    const isReadable = stored?.version === SNAPSHOT_VERSION;
    if (stored !== undefined && !isReadable) {
      log.error('state left out: it is of another version', { consumer, version: stored.version });
    }
    const partition: Partition = {
      epoch,
      state: stored !== undefined && isReadable ? await unpackSnapshot(stored.state) : EMPTY_PARTITION,
      position: stored?.position ?? 0n,
      savedMs: parts.nowMs(),
      saving: undefined,
      isOver: false,
    };
    partitions.set(consumer, partition);
    log.info('partition taken', { consumer, epoch: String(epoch), patients: partition.state.patients.size });
    return partition;
  }

  /** Sleep is known from memory, else from what was stored; a database that is away is no reason to be silent. */
  async function sleepOf(state: PartitionState, arrivals: readonly Arrival[], { log }: AlerterTrail) {
    const newcomers = new Map<string, number>();
    for (const arrival of arrivals) {
      if (!('message' in arrival)) continue;
      const { patientId } = arrival.message;
      if (!state.patients.has(patientId) && !newcomers.has(patientId)) newcomers.set(patientId, arrival.arrivedMs);
    }
    if (newcomers.size === 0) return NOBODY_SLEEPS;
    return parts.lastSleep(newcomers).catch((error: unknown) => {
      log.warn('sleep status not read: these patients count as awake', { patients: newcomers.size, error });
      return NOBODY_SLEEPS;
    });
  }

  function saveIfDue(partition: Partition, { consumer, epoch, position }: VitalsBatch, trail: AlerterTrail): void {
    const nowMs = parts.nowMs();
    const isDue = nowMs - partition.savedMs >= parts.snapshotEveryMs;
    if (position === undefined || !isDue || partition.saving !== undefined) return;
    partition.savedMs = nowMs;
    const text = snapshotText(partition.state);
    const save = async () => {
      const state = await packSnapshot(text);
      await parts.saveSnapshot({ consumer, epoch, position, version: SNAPSHOT_VERSION, state });
      trail.recordLater('snapshot_latency_ms', parts.nowMs() - nowMs);
    };
    // Not waited for: readings are judged while the database is slow or away, and a crash replays a little more.
    partition.saving = save()
      .catch((error: unknown) => {
        partition.isOver ||= error instanceof TransientError && error.code === 'fenced_out';
        trail.recordLater('snapshots_failed_total', 1);
        trail.log.warn('state not stored: it is tried again', { consumer, error });
      })
      .finally(() => {
        partition.saving = undefined;
      });
  }

  async function takeNow(batch: VitalsBatch, trail: AlerterTrail): Promise<void> {
    const partition = await partitionOf(batch, trail);
    const fresh = batch.arrivals.filter(([offset]) => offset >= partition.position);
    const arrivals = fresh.map(([, arrival]) => arrival);
    const sleep = await sleepOf(partition.state, arrivals, trail);
    const startedAt = parts.nowMs();
    const evaluated = evaluate(partition.state, arrivals, {
      thresholdsOf: parts.thresholdsOf,
      sleepOf: (patientId) => sleep.get(patientId),
    });
    const tookMs = parts.nowMs() - startedAt;
    if (evaluated.events.length > 0) await parts.publish(evaluated.events);
    partition.state = evaluated.state;
    partition.position = (fresh.at(-1)?.[0] ?? partition.position - 1n) + 1n;
    tell(evaluated, tookMs, batch.consumer, trail);
    saveIfDue(partition, batch, trail);
  }

  return {
    take(batch, trail) {
      const before = turns.get(batch.consumer) ?? Promise.resolve();
      const turn = before.then(() => takeNow(batch, trail));
      turns.set(
        batch.consumer,
        turn.catch(() => undefined),
      );
      return turn;
    },
    async idle() {
      await Promise.all([...turns.values()]);
      await Promise.all([...partitions.values()].map(({ saving }) => saving));
    },
  };
}

const NOBODY_SLEEPS: ReadonlyMap<string, PatientState['sleep']> = new Map();

function tell(
  { events, causedMs, readings, problems, state }: Evaluated,
  tookMs: number,
  consumer: string,
  { log, recordMetric }: AlerterTrail,
): void {
  recordMetric('alerter_patients', state.patients.size, { consumer });
  if (readings > 0) {
    recordMetric('readings_evaluated_total', readings);
    recordMetric('reading_evaluation_ms', tookMs / readings);
  }
  for (const [reason, count] of problems) recordMetric('readings_unusable_total', count, { reason });
  const nowMs = Date.now();
  for (const [index, { type, rule, priority, alertId, patientId, condition }] of events.entries()) {
    recordMetric('reading_alert_latency_ms', Math.max(0, nowMs - (causedMs[index] ?? nowMs)), { priority });
    recordMetric('alert_events_total', 1, { type, rule, priority });
    log.info('alert event', { type, rule, condition, priority, alertId, patientId });
  }
}
