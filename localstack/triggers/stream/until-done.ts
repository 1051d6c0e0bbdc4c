import { type DelayBounds, fullJitterMs } from '../jitter.ts';
import type { SourceContext } from '../source-context.ts';

interface UntilDone {
  readonly deadlineMs: number;
  readonly delay: DelayBounds;
  readonly context: Pick<SourceContext, 'clock' | 'random'>;
  /** Told of each failure. */
  readonly failed: (error: unknown) => void;
  /** True when nobody waits for the result any more. */
  readonly isOver: () => boolean;
}

/** Tries until it works, with back-off. @throws the last failure once the deadline has passed or it is over */
export async function untilDone<T>(work: () => Promise<T>, options: UntilDone): Promise<T> {
  const { deadlineMs, delay, context, failed, isOver } = options;
  const { clock, random } = context;
  const endMs = clock.nowMs() + deadlineMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      failed(error);
      const delayMs = fullJitterMs(attempt, delay, random());
      if (isOver() || clock.nowMs() + delayMs >= endMs) throw error;
      await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
    }
  }
}
