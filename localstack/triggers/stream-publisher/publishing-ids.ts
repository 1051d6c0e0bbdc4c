/** The low bits of an id are the process's tag; 48 remain to count with. */
const TAG_BITS = 16n;
const TAG_MASK = (1n << TAG_BITS) - 1n;
export const TAG_MAX = Number(TAG_MASK);

/** Publishing ids of one process: above all that are stored, each marked with the process's tag. */
export interface PublishingIds {
  next(): bigint;
  /**
   * Takes notice of the sequence that the broker has stored. True when it is another publisher's, which has used the name
   * since this one last looked: that can be seen only by chance of who wrote last, since streams do not fence publishers.
   */
  observe(sequence: bigint): boolean;
}

export function publishingIds(tag: number): PublishingIds {
  let last = 0n;
  /** Left by an earlier process, or by a conflict that was said. */
  let known: bigint | undefined;
  const mark = BigInt(tag);
  return {
    next() {
      last = (((last >> TAG_BITS) + 1n) << TAG_BITS) | mark;
      return last;
    },
    observe(sequence) {
      const isFirst = known === undefined;
      const isMine = sequence <= last && (sequence & TAG_MASK) === mark;
      if (!isFirst && (isMine || sequence === 0n || sequence === known)) return false;
      known = sequence;
      if (sequence > last) last = sequence;
      return !isFirst;
    },
  };
}
