/** Counts how often each identity was seen, for the identities seen last. */
export interface Occurrences {
  /** 1 for the first time. */
  next(identity: string): number;
}

/** An identity that was not seen while `capacity` others were is forgotten and starts at 1 again. */
export function createOccurrences(capacity: number): Occurrences {
  const counts = new Map<string, number>();
  return {
    next(identity) {
      const count = (counts.get(identity) ?? 0) + 1;
      // A Map lists its keys in the order of their insertion: the first is the one unseen for longest.
      counts.delete(identity);
      counts.set(identity, count);
      if (counts.size > capacity) forgetOldest(counts);
      return count;
    },
  };
}

function forgetOldest(counts: Map<string, number>): void {
  for (const identity of counts.keys()) {
    counts.delete(identity);
    return;
  }
}
