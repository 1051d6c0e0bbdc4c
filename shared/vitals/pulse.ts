import type { Log } from '../observability/logger.ts';
import { publishToStream } from '../stream/process-publisher.ts';
import { partitionOf } from '../topology/partition-of.ts';
import { readTopology } from '../topology/read-topology.ts';
import { PULSE_KEY, pulseMessage } from './pulse-message.ts';

const STREAM = 'vitals';
/** No ward has this name (topicLevelSchema), so it is in the partition of those that are not listed. */
const NO_WARD = '-';

const running = new Set<() => void>();

/** A ward of each partition that has one. */
function homes(): Map<string, string> {
  const topology = readTopology();
  const wards = [NO_WARD, ...topology.wards.keys()];
  return new Map(wards.map((ward) => [partitionOf(topology, STREAM, ward), ward]));
}

/**
 * Publishes a pulse to each partition of the vitals, so that time goes on where no device speaks: for who reads them the stream's
 * time is the only clock. Never throws; a partition that has not confirmed its last pulse gets no further one until it has, or
 * until that was given up. The log hears of an outage when it begins and when it ends.
 * @returns what ends it
 */
export function startPulse({ everyMs, log }: { readonly everyMs: number; readonly log: Log }): () => void {
  const waiting = new Set<string>();
  const failing = new Set<string>();
  let missed = 0;
  let stopped = false;

  function failed(partition: string, error: unknown): void {
    // Ended with its publishers, it is no outage.
    if (stopped) return;
    if (failing.size === 0) log.warn('no pulse: the stream takes none', { stream: partition, error });
    failing.add(partition);
    missed += 1;
  }

  function worked(partition: string): void {
    const wasFailing = failing.delete(partition);
    if (failing.size > 0) return;
    if (wasFailing) log.info('the pulse is back', { missed });
    missed = 0;
  }

  async function pulse(partition: string, ward: string): Promise<void> {
    if (waiting.has(partition)) {
      missed += 1;
      return;
    }
    waiting.add(partition);
    try {
      const message = { partitionBy: ward, key: PULSE_KEY, value: pulseMessage(Date.now()), properties: {} };
      await publishToStream(STREAM, message);
      worked(partition);
    } catch (error) {
      failed(partition, error);
    } finally {
      waiting.delete(partition);
    }
  }

  const partitions = homes();
  const timer = setInterval(() => {
    for (const [partition, ward] of partitions) void pulse(partition, ward);
  }, everyMs);
  timer.unref();
  const stop = () => {
    stopped = true;
    clearInterval(timer);
    running.delete(stop);
  };
  running.add(stop);
  return stop;
}

/** Ends every pulse of this process: a later one would connect its publishers anew. */
export function stopPulses(): void {
  for (const stop of running) stop();
}
