import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { definitions } from '../../shared/observability/catalogue.ts';
import type { MetricDefinition } from '../../shared/observability/metric-definition.ts';
import type { RejectReason } from './emf.ts';

/** Powertools adds it to every line for CloudWatch; in Prometheus the other labels say it. */
const SERVICE_DIMENSION = 'service';
/** A metric with more label sets than this has something unbounded (an id) in a label. */
const MOST_LABEL_SETS = 500;
const MS_PER_S = 1_000;
/** Names, codes, numbers, MQTT topic filters. Without comma and quotes: prom-client keys its series by "name:value,". */
const LABEL_VALUE = /^[\w .:/@+#$-]{1,100}$/;

export interface GaugeSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One catalogue metric in the registry. */
export interface Instrument {
  /** Takes the values of one label set; says why not. */
  take(dimensions: ReadonlyMap<string, string>, values: readonly number[]): RejectReason | undefined;
  /** A gauge's series become exactly these: what is not there any more is removed. */
  replace(samples: readonly GaugeSample[]): RejectReason | undefined;
  /** Removes the series that nobody measures any more. */
  forgetStale(): void;
}

interface Series {
  write(labels: Record<string, string>, values: readonly number[]): void;
  remove(labels: Record<string, string>): void;
}

function seriesOf(name: string, definition: MetricDefinition, registry: Registry): Series {
  const common = { name, help: definition.meaning, labelNames: [...definition.labels], registers: [registry] };
  if (definition.type === 'histogram') {
    const histogram = new Histogram({ ...common, buckets: [...definition.buckets] });
    return {
      write: (labels, values) => {
        for (const value of values) histogram.observe(labels, value);
      },
      remove: (labels) => histogram.remove(labels),
    };
  }
  if (definition.type === 'counter') {
    const counter = new Counter(common);
    return {
      write: (labels, values) =>
        counter.inc(
          labels,
          values.reduce((sum, value) => sum + value, 0),
        ),
      remove: (labels) => counter.remove(labels),
    };
  }
  const gauge = new Gauge(common);
  // prom-client starts a gauge without labels at 0, which reads as measured.
  if (definition.labels.length === 0) gauge.remove({});
  return {
    write: (labels, values) => {
      for (const value of values.slice(-1)) gauge.set(labels, value);
    },
    remove: (labels) => gauge.remove(labels),
  };
}

function labelsOf(
  definition: MetricDefinition,
  dimensions: ReadonlyMap<string, string>,
): Record<string, string> | RejectReason {
  const extra = dimensions.has(SERVICE_DIMENSION) ? 1 : 0;
  if (dimensions.size - extra !== definition.labels.length) return 'labels';
  const labels: Record<string, string> = {};
  for (const name of definition.labels) {
    const value = dimensions.get(name);
    if (value === undefined) return 'labels';
    if (!LABEL_VALUE.test(value)) return 'label_value';
    labels[name] = value;
  }
  return labels;
}

function createInstrument(
  name: string,
  definition: MetricDefinition,
  registry: Registry,
  now: () => number,
): Instrument {
  const series = seriesOf(name, definition, registry);
  let known = new Map<string, { readonly labels: Record<string, string>; readonly takenMs: number }>();
  const freshMs =
    definition.type === 'gauge' && definition.freshS !== undefined ? definition.freshS * MS_PER_S : Infinity;

  function take(dimensions: ReadonlyMap<string, string>, values: readonly number[]): RejectReason | undefined {
    const labels = labelsOf(definition, dimensions);
    if (typeof labels === 'string') return labels;
    if (!values.every(Number.isFinite)) return 'value';
    // A counter or a histogram's sum that goes down reads as a restart.
    if (definition.type !== 'gauge' && values.some((value) => value < 0)) return 'negative';
    const key = Object.values(labels).join();
    if (!known.has(key) && known.size >= MOST_LABEL_SETS) return 'label_overflow';
    known.set(key, { labels, takenMs: now() });
    series.write(labels, values);
    return undefined;
  }

  function replace(samples: readonly GaugeSample[]): RejectReason | undefined {
    const before = known;
    known = new Map();
    const reasons = samples.map(({ labels, value }) => take(new Map(Object.entries(labels)), [value]));
    for (const [key, { labels }] of before) if (!known.has(key)) series.remove(labels);
    return reasons.find((reason) => reason !== undefined);
  }

  function forgetStale(): void {
    for (const [key, { labels, takenMs }] of known) {
      if (now() - takenMs <= freshMs) continue;
      series.remove(labels);
      known.delete(key);
    }
  }
  return { take, replace, forgetStale };
}

/** The whole catalogue in a registry of its own. */
export function createInstruments(now: () => number): {
  registry: Registry;
  instruments: ReadonlyMap<string, Instrument>;
} {
  const registry = new Registry();
  const instruments = new Map(
    [...definitions].map(([name, definition]) => [name, createInstrument(name, definition, registry, now)]),
  );
  return { registry, instruments };
}
