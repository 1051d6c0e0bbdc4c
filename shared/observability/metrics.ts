import { Metrics } from '@aws-lambda-powertools/metrics';
import { catalogue, type LabelArguments, METRIC_NAMESPACE, type MetricName, type RecordMetric } from './catalogue.ts';
import type { MetricDefinition } from './metric-definition.ts';
import { writeLines } from './stdout.ts';

/** EMF allows 100 values a metric. Powertools flushes, and forgets the dimensions, at the hundredth: stay below. */
const MAX_VALUES_IN_A_LINE = 99;
/** CloudWatch and Powertools refuse an empty dimension, which would turn the rest into another metric. */
const NO_VALUE = 'none';

/** The values of one invocation. Not shared between invocations, so nothing leaks from one to another. */
export interface InvocationMetrics {
  readonly recordMetric: RecordMetric;
  /** Writes what was recorded, one EMF line a label set, all in one write; a second call writes only what came since. */
  flush(): void;
}

export interface MetricRecorder {
  /** A buffer for one invocation; the caller flushes it once, in a `finally`. */
  invocation(): InvocationMetrics;
  /** Records and writes at once: for code outside an invocation. */
  readonly recordMetric: RecordMetric;
  /** Written with all else of the same turn of the event loop: for invocations that end by hundreds at once. */
  readonly recordTogether: RecordMetric;
}

interface LabelSet {
  readonly dimensions: Record<string, string>;
  readonly values: Map<MetricName, number[]>;
}

class EmfMetrics extends Metrics {
  /** One EMF line, or none if POWERTOOLS_METRICS_DISABLED says so. Runs to its end without awaiting. */
  emfLine(dimensions: Record<string, string>, values: Iterable<readonly [MetricName, readonly number[]]>): string[] {
    try {
      if (Object.keys(dimensions).length > 0) this.addDimensions(dimensions);
      for (const [name, numbers] of values) {
        for (const value of numbers) this.addMetric(name, catalogue[name].unit, value);
      }
      return this.isDisabled() ? [] : [JSON.stringify(this.serializeMetrics())];
    } finally {
      this.clearMetrics();
      this.clearDimensions();
    }
  }
}

function add(values: number[], value: number, type: MetricDefinition['type']): void {
  if (type === 'counter') values[0] = (values[0] ?? 0) + value;
  else if (type === 'gauge') values[0] = value;
  else values.push(value);
}

function* linesOf(set: LabelSet): Generator<[MetricName, number[]][]> {
  const longest = Math.max(...[...set.values.values()].map((values) => values.length));
  for (let from = 0; from < longest; from += MAX_VALUES_IN_A_LINE) {
    const parts = [...set.values].map(([name, values]): [MetricName, number[]] => [
      name,
      values.slice(from, from + MAX_VALUES_IN_A_LINE),
    ]);
    yield parts.filter(([, values]) => values.length > 0);
  }
}

/**
 * Records catalogue metrics as EMF on stdout.
 *
 * Powertools keeps dimensions and values on its instance, which invocations in one process share. So each invocation
 * buffers here, and one instance only serializes, synchronously. (An instance an invocation costs 40 µs before the first
 * value, `singleMetric()` as much for each value; serializing five values takes 20 µs.)
 *
 * A value that is not a finite number is counted as refused and dropped: recording never makes a handler fail.
 */
export function createMetrics(options: { service: string; write?: (text: string) => void }): MetricRecorder {
  const emf = new EmfMetrics({ namespace: METRIC_NAMESPACE, serviceName: options.service });
  const write = options.write ?? writeLines;

  function invocation(): InvocationMetrics {
    let sets = new Map<string, LabelSet>();

    function recordMetric<N extends MetricName>(name: N, value: number, ...[labels]: LabelArguments<N>): void {
      if (!Number.isFinite(value)) {
        recordMetric('bridge_rejected_lines_total', 1, { reason: 'not_finite' });
        return;
      }
      const definition: MetricDefinition = catalogue[name];
      const given = new Map(Object.entries(labels ?? {}));
      const dimensions = Object.fromEntries(definition.labels.map((label) => [label, given.get(label) || NO_VALUE]));
      const key = JSON.stringify(dimensions);
      const set = sets.get(key) ?? { dimensions, values: new Map<MetricName, number[]>() };
      const values = set.values.get(name) ?? [];
      add(values, value, definition.type);
      set.values.set(name, values);
      sets.set(key, set);
    }

    function flush(): void {
      const recorded = sets;
      sets = new Map();
      const lines = [...recorded.values()].flatMap((set) =>
        [...linesOf(set)].flatMap((values) => emf.emfLine(set.dimensions, values)),
      );
      if (lines.length > 0) write(lines.join('\n'));
    }
    return { recordMetric, flush };
  }

  let together: InvocationMetrics | undefined;
  function ofThisTurn(): InvocationMetrics {
    if (together !== undefined) return together;
    const begun = invocation();
    together = begun;
    process.nextTick(() => {
      together = undefined;
      begun.flush();
    });
    return begun;
  }

  return {
    invocation,
    recordTogether: (name, value, ...labels) => ofThisTurn().recordMetric(name, value, ...labels),
    recordMetric: (name, value, ...labels) => {
      const once = invocation();
      once.recordMetric(name, value, ...labels);
      once.flush();
    },
  };
}
