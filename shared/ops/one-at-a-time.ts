/**
 * Does the work for all who ask while it is under way, and for those who ask within `keptMs` after it: however often it is asked for
 * it costs one at a time. What hangs is waited for by whoever asked, and is not begun a second time.
 */
export function oneAtATime<T>(keptMs: number, work: () => Promise<T>): () => Promise<T> {
  let last: { result: Promise<T>; endedMs: number | undefined } | undefined;
  return () => {
    if (last !== undefined && (last.endedMs === undefined || performance.now() - last.endedMs < keptMs))
      return last.result;
    const now: NonNullable<typeof last> = { result: work(), endedMs: undefined };
    const end = () => {
      now.endedMs = performance.now();
    };
    now.result.then(end, end);
    last = now;
    return now.result;
  };
}
