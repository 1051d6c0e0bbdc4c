import type { Progress } from '../setup/progress.ts';

/** One figure of a benchmark, with what it is compared to. */
export interface BenchResult {
  name: string;
  /** As it is printed: `≥ 0.8 ×`, `< 250 MB`. */
  target: string;
  /** As it is printed: `1.02 ×`, `213 MB`. */
  measured: string;
  holds: boolean;
  /** Both sides of the ratio with their units, or what else the figure depends on. */
  detail: string;
}

export interface BenchContext {
  /** A migrated database of the benchmark's own. */
  databaseUrl: string;
  progress: Progress;
}

/** What a `*.bench.ts` file exports. */
export interface BenchModule {
  run(context: BenchContext): Promise<BenchResult[]>;
}

/**
 * A ratio of two rates measured by turns in one run: noise of the machine meets both. The median of the rounds' ratios counts.
 * @param ours and `bare` run one round each and return operations a second
 */
export async function measureRatio(
  rounds: number,
  ours: () => Promise<number>,
  bare: () => Promise<number>,
): Promise<{ ratio: number; ours: number; bare: number }> {
  const seen: { ratio: number; ours: number; bare: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const bareRate = await bare();
    const oursRate = await ours();
    seen.push({ ratio: oursRate / bareRate, ours: oursRate, bare: bareRate });
  }
  const inOrder = seen.toSorted((a, b) => a.ratio - b.ratio);
  const median = inOrder[Math.floor(inOrder.length / 2)];
  if (!median) throw new RangeError('at least one round is needed');
  return median;
}

/** The value below which the given share of the values lies (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const inOrder = values.toSorted((a, b) => a - b);
  return inOrder[Math.max(0, Math.ceil(inOrder.length * share) - 1)] ?? Number.NaN;
}
