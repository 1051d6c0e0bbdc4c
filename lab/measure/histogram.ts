/** A bucket of a histogram: how many values were at most `upperBound`. */
export interface Bucket {
  readonly upperBound: number;
  readonly cumulative: number;
}

export interface HistogramQuantile {
  readonly value: number;
  /** The quantile lies above the last finite bound, which is given in its place. */
  readonly beyond: boolean;
}

/**
 * A quantile of a histogram as Prometheus' `histogram_quantile` estimates it: linear within the bucket that the rank falls into; the
 * lowest bucket begins at 0 if its bound is positive; above the last finite bound it is that bound (promql/quantile.go).
 * @returns undefined without values, without a `+Inf` bucket, or with no other
 */
export function histogramQuantile(buckets: readonly Bucket[], share: number): HistogramQuantile | undefined {
  const ascending = monotonic(buckets.toSorted((a, b) => a.upperBound - b.upperBound));
  const finite = ascending.slice(0, -1);
  const [infinite, highest] = [ascending.at(-1), finite.at(-1)];
  if (!infinite || !highest || infinite.upperBound !== Infinity || infinite.cumulative === 0) return undefined;
  const rank = share * infinite.cumulative;
  const place = finite.findIndex(({ cumulative }) => cumulative >= rank);
  const bucket = finite[place];
  if (!bucket) return { value: highest.upperBound, beyond: true };
  const below = finite[place - 1];
  if (!below && bucket.upperBound <= 0) return { value: bucket.upperBound, beyond: false };
  const start = below?.upperBound ?? 0;
  const inBucket = bucket.cumulative - (below?.cumulative ?? 0);
  const into = rank - (below?.cumulative ?? 0);
  const value = inBucket === 0 ? start : start + (bucket.upperBound - start) * (into / inBucket);
  return { value, beyond: false };
}

/** Buckets summed over scrapes of different moments may dip; Prometheus lifts them, too. */
function monotonic(ascending: readonly Bucket[]): Bucket[] {
  let highest = 0;
  return ascending.map(({ upperBound, cumulative }) => {
    highest = Math.max(highest, cumulative);
    return { upperBound, cumulative: highest };
  });
}
