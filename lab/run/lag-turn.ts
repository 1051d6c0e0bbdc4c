import type { Mark } from '../lab-result.ts';
import type { SeriesPoint } from '../measure/selector.ts';
import { countOf } from '../report/figures.ts';

/** Of workers that read a stream, over all partitions. */
export const LAG = 'rabbitmq_stream_consumer_lag_messages';

/** Where the lag was highest while messages were sent: it grew until then, and shrank from then on. */
export function lagTurn(series: readonly SeriesPoint[], sentUntilS: number): Mark[] {
  let peak: { atS: number; value: number } | undefined;
  for (const [atS, value] of series) {
    if (atS < 0 || atS > sentUntilS || value === null) continue;
    if (value > (peak?.value ?? 0)) peak = { atS, value };
  }
  const after = series.some(
    ([atS, value]) => value !== null && peak && atS > peak.atS && atS <= sentUntilS && value < peak.value,
  );
  return peak && after ? [{ atS: peak.atS, label: `the lag turns, ${countOf(peak.value, 'message')} behind` }] : [];
}
