import { z } from 'zod';
import type { PartitionedMessage } from '../stream/process-publisher.ts';
import { partitionOf } from '../topology/partition-of.ts';
import type { Topology } from '../topology/topology-schema.ts';
import { PULSE_KEY } from './pulse-message.ts';

/**
 * A pulse of the readings that has been judged, in the stream of alerts, behind all alerts that were decided before it. Who takes it
 * there knows that the way from a reading to an alert is open, and how long it takes. No decision is made by it.
 */
export const judgedPulse = z.strictObject({
  /** When the pulse was among the readings, on the broker's clock. */
  pulse: z.iso.datetime(),
  judgedAt: z.iso.datetime(),
  /** One of its partition. */
  ward: z.string(),
});
export type JudgedPulse = z.infer<typeof judgedPulse>;

/** A record of the stream of alerts that is no alert event. */
export const isPulseRecord = ({ kinesis }: { readonly kinesis: { readonly partitionKey: string } }): boolean =>
  kinesis.partitionKey === PULSE_KEY;

interface ForwarderParts {
  readonly topology: Topology;
  /** To the stream of alerts. */
  publish(message: PartitionedMessage): Promise<void>;
  nowMs(): number;
}

/** While a backlog is judged, the pulses of hours come at once: one a second says as much. */
const EVERY_MS = 900;

/**
 * What says of pulses that they have been judged. One at a time for each partition, never waited for and never an error: where it
 * fails nothing arrives, and that is what it says.
 */
export function pulseForwarder({ topology, publish, nowMs }: ForwarderParts) {
  const homes = new Map([...topology.wards.keys()].map((ward) => [partitionOf(topology, 'vitals', ward), ward]));
  const waiting = new Set<string>();
  const lastMs = new Map<string, number>();

  /** @param consumer whose partition it is: `evaluate-vitals/vitals-w0` @param arrivedMs of its newest pulse */
  return (consumer: string, arrivedMs: number): void => {
    const partition = consumer.slice(consumer.lastIndexOf('/') + 1);
    const ward = homes.get(partition);
    const isSoon = nowMs() - (lastMs.get(partition) ?? Number.NEGATIVE_INFINITY) < EVERY_MS;
    if (ward === undefined || waiting.has(partition) || isSoon) return;
    waiting.add(partition);
    lastMs.set(partition, nowMs());
    const iso = (ms: number) => new Date(ms).toISOString();
    const value: JudgedPulse = { pulse: iso(arrivedMs), judgedAt: iso(nowMs()), ward };
    void publish({ partitionBy: ward, key: PULSE_KEY, value, properties: {} })
      .catch(() => undefined)
      .finally(() => waiting.delete(partition));
  };
}
