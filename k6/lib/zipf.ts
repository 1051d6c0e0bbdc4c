// Some products sell far better than others: demand by Zipf's law, the product of rank r in proportion to 1 / r^exponent.

/** The shares of the ranks 1 to `count`; their sum is 1. Exponent 0: all alike. */
export function zipfShares(count: number, exponent: number): number[] {
  const weights = Array.from({ length: count }, (_, index) => (index + 1) ** -exponent);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Draws ranks, by the inverse of their cumulative shares: a table of eight bytes a rank, and a binary search. */
export class ZipfSampler {
  private readonly upTo: Float64Array;

  /** @param shares by rank, their sum 1 */
  constructor(shares: readonly number[]) {
    if (shares.length === 0) throw new Error('there is no rank to draw');
    let sum = 0;
    this.upTo = Float64Array.from(shares, (share) => {
      sum += share;
      return sum;
    });
  }

  /** The rank, from 1, that a number of [0, 1) falls to. */
  rankOf(uniform: number): number {
    let low = 0;
    // What rounding leaves of 1 falls to the last rank.
    let high = this.upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.upTo[middle] ?? 1) > uniform) high = middle;
      else low = middle + 1;
    }
    return low + 1;
  }
}
