import { type CheckedDelivery, checkerSource, isCheckerMetric } from './from-checker.ts';
import { k6Has, k6Source } from './from-k6.ts';
import { prometheusSource } from './from-prometheus.ts';
import type { K6Recorder } from './k6-recorder.ts';
import type { ScrapedTarget } from './scrapes.ts';
import type { Figure, MetricRef, PhaseWindow, Selector, SeriesPoint, Source } from './selector.ts';

export interface MeasurementsOptions {
  /** Instant 0 of every series. */
  readonly startedAtMs: number;
  readonly phases: readonly PhaseWindow[];
  readonly k6?: K6Recorder;
  readonly targets?: readonly ScrapedTarget[];
  readonly delivery?: CheckedDelivery;
}

export interface Measurements {
  /** The figure, or undefined if nothing was measured; never 0 for what is missing. */
  value(selector: Selector, phase: string): number | undefined;
  /** The figure with what limits it, or why there is none. @throws RangeError for a phase that does not exist */
  find(selector: Selector, phase: string): Figure;
  /** A point a second for k6 and the checker, a point a sample for Prometheus; `count` is per second, as `rate` is. */
  series(selector: Selector): SeriesPoint[];
  /** Who answers for this metric. */
  sourceOf(ref: MetricRef): Source;
}

const asRef = (ref: string | MetricRef): MetricRef => (typeof ref === 'string' ? { metric: ref } : ref);

/** One question over all that was measured. */
export function createMeasurements(options: MeasurementsOptions): Measurements {
  const { startedAtMs, phases, k6, targets = [], delivery } = options;
  const lastAtMs = () => Math.max(k6?.lastAtMs ?? startedAtMs, ...phases.map(({ toMs }) => toMs));
  const load = { startedAtMs, lastAtMs };
  const nobody = { figure: () => ({ value: undefined, note: 'nobody measured it' }), series: () => [] };
  const sources = {
    k6: k6 ? k6Source(k6, load) : nobody,
    prometheus: prometheusSource(targets, load),
    checker: delivery ? checkerSource(delivery, load) : nobody,
  };

  function sourceOf(ref: MetricRef): Source {
    if (ref.source) return ref.source;
    if (isCheckerMetric(ref.metric)) return 'checker';
    return k6 && k6Has(k6, ref) ? 'k6' : 'prometheus';
  }

  function find({ ratioTo, ...selector }: Selector, phaseName: string): Figure {
    const phase = phases.find(({ name }) => name === phaseName);
    if (!phase) throw new RangeError(`no phase '${phaseName}': there are ${phases.map(({ name }) => name).join(', ')}`);
    const figure = sources[sourceOf(selector)].figure(selector, phase);
    if (ratioTo === undefined || figure.value === undefined) return figure;
    const divisor = find({ ...asRef(ratioTo), statistic: selector.statistic }, phaseName);
    if (divisor.value === undefined) return divisor;
    if (divisor.value === 0) return { value: undefined, note: `${asRef(ratioTo).metric} is 0 in ${phaseName}` };
    const note = figure.note ?? divisor.note;
    return { value: figure.value / divisor.value, ...(note === undefined ? {} : { note }) };
  }

  function series({ ratioTo, ...selector }: Selector): SeriesPoint[] {
    const points = sources[sourceOf(selector)].series(selector);
    if (ratioTo === undefined) return points;
    const divisors = new Map(
      series({ ...asRef(ratioTo), statistic: selector.statistic }).map(([atS, value]) => [Math.floor(atS), value]),
    );
    return points.map(([atS, value]) => {
      const divisor = divisors.get(Math.floor(atS));
      return [atS, value === null || !divisor ? null : value / divisor];
    });
  }

  return { find, series, sourceOf, value: (selector, phase) => find(selector, phase).value };
}
