/** A busy session reports its commits about once a second: over 5 s the beat of those reports against ours is below a fifth. */
const WINDOW_MS = 5_000;

interface Point {
  readonly atMs: number;
  readonly commits: number;
}

export interface CommitRate {
  /** Takes a counter's value at a time (ms, any origin). Returns commits a second, or undefined while it is not known. */
  take(commits: number, atMs: number): number | undefined;
  /** The counter was out of sight: rates start anew. */
  forget(): void;
}

/** Commits a second over the last 5 s, less one commit a reading: the reader's own. A counter that fell starts anew. */
export function createCommitRate(): CommitRate {
  let points: Point[] = [];

  return {
    take(commits, atMs) {
      if (commits < (points.at(-1)?.commits ?? 0)) points = [];
      points.push({ atMs, commits });
      // The first point kept is the last one that is at least a window old.
      while ((points[1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs - WINDOW_MS) points.shift();
      const [first] = points;
      if (first === undefined || first.atMs >= atMs) return undefined;
      const ownCommits = points.length - 1;
      const others = Math.max(0, commits - first.commits - ownCommits);
      return (others * 1_000) / (atMs - first.atMs);
    },
    forget() {
      points = [];
    },
  };
}
