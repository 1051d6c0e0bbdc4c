import type { LabelsOf, NamesOfType, RecordMetric } from '../../shared/observability/catalogue.ts';
import { type RejectReason, readEmf } from './emf.ts';
import { createInstruments, type GaugeSample } from './instruments.ts';

export interface MetricBridge {
  /** Takes the values of an EMF line. True if the line was EMF, also when it was refused; false for any other. Never throws. */
  ingestLine(line: string): boolean;
  /** Records a value of this process, past EMF. Never throws: what does not fit is counted like a line. */
  readonly recordMetric: RecordMetric;
  /** A gauge gets exactly these series; the others are removed. `[]` removes all: nothing is known now. */
  replaceGauge<N extends NamesOfType<'gauge'>>(
    name: N,
    samples: readonly { readonly labels: LabelsOf<N>; readonly value: number }[],
  ): void;
  /** Everything, in Prometheus' text exposition format. */
  render(): Promise<string>;
  readonly contentType: string;
}

/**
 * EMF to Prometheus. The catalogue decides type, buckets, labels and help; a name or labels that it does not know are
 * counted in `bridge_rejected_lines_total{reason}`, once a line and reason.
 * @param now milliseconds that only grow
 */
export function createMetricBridge(now = () => performance.now()): MetricBridge {
  const { registry, instruments } = createInstruments(now);

  function count(name: string, label: string, value: string): void {
    instruments.get(name)?.take(new Map([[label, value]]), [1]);
  }

  function reject(reasons: Iterable<RejectReason>): void {
    for (const reason of new Set(reasons)) count('bridge_rejected_lines_total', 'reason', reason);
  }

  function take(name: string, dimensions: ReadonlyMap<string, string>, values: readonly number[]): RejectReason[] {
    const instrument = instruments.get(name);
    if (instrument === undefined) return ['unknown_metric'];
    const reason = instrument.take(dimensions, values);
    if (reason === 'label_overflow') count('bridge_label_overflow_total', 'metric', name);
    return reason === undefined ? [] : [reason];
  }

  return {
    ingestLine(line) {
      const emf = readEmf(line);
      if (emf === undefined) return false;
      const reasons = emf.values.flatMap(({ name, dimensions, values }) => take(name, dimensions, values));
      reject([...emf.rejected, ...reasons]);
      return true;
    },
    recordMetric: (name, value, ...[labels]) => reject(take(name, new Map(Object.entries(labels ?? {})), [value])),
    replaceGauge: (name, samples: readonly GaugeSample[]) => {
      const reason = instruments.get(name)?.replace(samples);
      if (reason === 'label_overflow') count('bridge_label_overflow_total', 'metric', name);
      if (reason !== undefined) reject([reason]);
    },
    render() {
      for (const instrument of instruments.values()) instrument.forgetStale();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
