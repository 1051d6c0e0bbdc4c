// What has to be told: the rules over all that the stream of vitals has, by one process that sees it once, in order, and never ends.
import type { StreamEventRecord } from '../../localstack/triggers/stream/event.ts';
import type { AlertEvent } from '../../shared/vitals/alert-event.ts';
import { type Arrival, EMPTY_PARTITION, evaluate, type PartitionState } from '../../shared/vitals/evaluate.ts';
import { readVitals } from '../../shared/vitals/read-vitals.ts';
import { DEFAULT_THRESHOLDS, effective } from '../../shared/vitals/thresholds.ts';

export interface Wanted {
  readonly event: AlertEvent;
  /** Epoch ms: when that which it is decided by was in the stream. */
  readonly causedMs: number;
}

/** What came in a second of the stream. */
interface Second {
  readings: number;
  /** Of these, what came before or has no kind: there is nothing to store. */
  copies: number;
}

export interface Oracle {
  take(records: readonly StreamEventRecord[]): void;
  /** By event id. */
  readonly wanted: ReadonlyMap<string, Wanted>;
  /** By second since 1970. */
  readonly seconds: ReadonlyMap<number, Second>;
  /** Epoch ms of the first message of a device. */
  firstMs(): number | undefined;
  /** Epoch ms of the latest record, pulses included, of the partition that is least far. */
  throughMs(): number;
}

const MS_PER_S = 1_000;
/** What a storm sends of this kind is stored as little as the copies. */
const NOT_STORED = ['duplicate', 'unknown_kind', 'future', 'not_a_number', 'wrong_unit', 'time_unreadable'] as const;

export function createOracle(): Oracle {
  const thresholds = effective([DEFAULT_THRESHOLDS]);
  const context = { thresholdsOf: () => thresholds, sleepOf: () => undefined };
  const partitions = new Map<string, PartitionState>();
  const wanted = new Map<string, Wanted>();
  const seconds = new Map<number, Second>();
  let firstMs: number | undefined;
  const throughMs = new Map<string, number>();

  const secondOf = (second: number): Second => {
    const known = seconds.get(second) ?? { readings: 0, copies: 0 };
    seconds.set(second, known);
    return known;
  };
  function count({ message, arrivedMs }: Extract<Arrival, { message: unknown }>): void {
    const second = Math.floor(arrivedMs / MS_PER_S);
    secondOf(second).readings += message.readings.length;
    firstMs = Math.min(firstMs ?? arrivedMs, arrivedMs);
  }

  return {
    take(records) {
      const partition = records[0]?.eventSourceARN;
      if (partition === undefined) return;
      const arrivals = records.map(readVitals).filter((read): read is Arrival => !('refusal' in read));
      for (const arrival of arrivals) if ('message' in arrival) count(arrival);
      const { state, events, causedMs, problems } = evaluate(
        partitions.get(partition) ?? EMPTY_PARTITION,
        arrivals,
        context,
      );
      partitions.set(partition, state);
      const lastMs = arrivals.at(-1)?.arrivedMs ?? 0;
      throughMs.set(partition, lastMs);
      const copies = NOT_STORED.reduce((sum, problem) => sum + (problems.get(problem) ?? 0), 0);
      if (copies > 0) secondOf(Math.floor(lastMs / MS_PER_S)).copies += copies;
      for (const [index, event] of events.entries()) {
        wanted.set(event.eventId, { event, causedMs: causedMs[index] ?? 0 });
      }
    },
    wanted,
    seconds,
    firstMs: () => firstMs,
    throughMs: () => Math.min(...throughMs.values()),
  };
}
