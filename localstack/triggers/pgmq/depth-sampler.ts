import { failureOf } from '../failure.ts';
import type { SourceContext } from '../source-context.ts';
import type { QueueStore } from './queue-store.ts';
import { SAMPLE_INTERVAL_MS } from './tuning.ts';

/** Reports depth and age of the queue at an interval, one question at a time; returns what ends it. */
export function sampleDepth(store: QueueStore, { clock, emit, logger, fields }: SourceContext): () => void {
  let stopped = false;
  let cancel: () => void = () => undefined;

  async function sample(): Promise<void> {
    try {
      const depth = await store.depth();
      if (!stopped) emit({ type: 'queueSampled', ...depth });
    } catch (error) {
      // Reading notices an outage; a missing sample is not worth a warning of its own.
      logger.debug('queue depth not sampled', { ...fields, failure: failureOf(error) });
    }
    if (!stopped) cancel = clock.after(SAMPLE_INTERVAL_MS, () => void sample());
  }

  void sample();
  return () => {
    stopped = true;
    cancel();
  };
}
