// The vitals alerter of one process: judges a partition's batches, and tells what comes of it.
import type { AlertEvent } from './alert-event.ts';
import { type Evaluated, evaluate } from './evaluate.ts';
import { type AlerterTrail, type KeepingParts, keepPartitions, type VitalsBatch } from './kept-partitions.ts';
import { createSleepLookUps, type SleepParts } from './sleep-look-ups.ts';

export interface AlerterParts extends KeepingParts, SleepParts {
  /** Resolves when the broker has all of them, in their order. */
  publish(events: readonly AlertEvent[]): Promise<void>;
  /** A pulse was judged, and the broker has what was decided up to it. Decides nothing; not waited for. */
  judged?(consumer: string, arrivedMs: number): void;
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
  const partitions = keepPartitions(parts);
  const sleepOf = createSleepLookUps(parts);
  /** A batch that was given up on by its time limit may still be at work when it comes again. */
  const turns = new Map<string, Promise<void>>();

  async function takeNow(batch: VitalsBatch, trail: AlerterTrail): Promise<void> {
    const partition = await partitions.before(batch, trail);
    const fresh = batch.arrivals.filter(([offset]) => offset >= partition.position);
    const arrivals = fresh.map(([, arrival]) => arrival);
    const sleep = await sleepOf(partition.state, arrivals, trail.log);
    const startedAt = parts.nowMs();
    const evaluated = evaluate(partition.state, arrivals, {
      thresholdsOf: partition.view.of,
      sleepOf: (patientId) => sleep.get(patientId),
    });
    const tookMs = parts.nowMs() - startedAt;
    const position = (fresh.at(-1)?.[0] ?? partition.position - 1n) + 1n;
    if (evaluated.events.length > 0) {
      if (position > partition.triedTo) partition.triedTo = position;
      await parts.publish(evaluated.events);
    }
    partition.state = evaluated.state;
    partition.position = position;
    const pulse = arrivals.findLast((arrival) => 'pulse' in arrival);
    if (pulse !== undefined) parts.judged?.(batch.consumer, pulse.arrivedMs);
    tell(evaluated, tookMs, batch.consumer, trail);
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
      await partitions.idle();
    },
  };
}

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
