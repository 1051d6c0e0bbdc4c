import { type DelayBounds, fullJitterMs } from '../jitter.ts';
import type { SourceContext } from '../source-context.ts';

export interface UntilDone {
  readonly deadlineMs: number;
  readonly delay: DelayBounds;
  readonly context: Pick<SourceContext, 'clock' | 'random'>;
  /** Told of each failure, and of a try that has no answer by the deadline. */
  readonly failed: (error: unknown) => void;
  /** Settles when nobody waits for the result any more. */
  readonly over: Promise<unknown>;
}

/**
 * Tries until it works, with back-off. Settles by the deadline, or when it is over, also while a try hangs: what becomes
 * of that try is then not known.
 * @throws the last failure once the deadline has passed or it is over
 */
export async function untilDone<T>(work: () => Promise<T>, options: UntilDone): Promise<T> {
  const { deadlineMs, delay, context, failed, over } = options;
  const { clock, random } = context;
  const ended = Promise.withResolvers<never>();
  let last: unknown;
  let isOver = false;
  const end = (why: string) => {
    isOver = true;
    ended.reject(last ?? new Error(why));
  };
  const cancelDeadline = clock.after(deadlineMs, () => {
    last ??= new Error(`no answer within ${deadlineMs} ms`);
    failed(last);
    end('late');
  });
  over.then(
    () => end('it is not waited for any more'),
    () => end('it is not waited for any more'),
  );
  let cancelDelay: () => void = () => undefined;
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await Promise.race([work(), ended.promise]);
      } catch (error) {
        if (isOver) throw error;
        last = error;
        failed(error);
      }
      const pause = Promise.withResolvers<void>();
      cancelDelay = clock.after(fullJitterMs(attempt, delay, random()), pause.resolve);
      await Promise.race([pause.promise, ended.promise]);
    }
  } finally {
    cancelDeadline();
    cancelDelay();
  }
}
