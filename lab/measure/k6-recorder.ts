import type { SentMessage } from '../checker/index.ts';
import { createK6PointReader, type K6Kind, type K6LineCounts, type K6Point } from './k6-points.ts';
import { describeMetric, type MetricRef } from './selector.ts';
import { ACKNOWLEDGED_METRIC, createSentHistory, SENT_METRIC } from './sent-history.ts';
import { createValueStore, VALUES_MAX, type ValueStore } from './value-store.ts';

/** Values by their tag `phase`; those without one under `''`. */
export type RecordedMetric = ReadonlyMap<string, ValueStore>;

export interface K6Recorder {
  /** Takes what k6 writes, in chunks as they come. */
  push(chunk: Uint8Array): void;
  end(): void;
  readonly lines: K6LineCounts;
  /** The messages sent, in the order of sending; see sent-history.ts for what it throws. */
  history(phaseAt?: (atMs: number) => string | undefined): SentMessage[];
  /** Undefined for what was not wanted. */
  find(ref: MetricRef): RecordedMetric | undefined;
  /** Undefined until k6 reported a sample of it. */
  kindOf(metric: string): K6Kind | undefined;
  /** The instant of the latest recorded point; undefined before the first. */
  readonly lastAtMs: number | undefined;
  /** What a reader of the result should know, in words: lines that were no points, acknowledgements without a message. */
  problems(): string[];
}

export interface K6RecorderOptions {
  /** Metrics by name, or narrowed by tags. The history of messages is kept in any case. */
  readonly wanted: readonly (string | MetricRef)[];
  /** Of each metric and phase; beyond it percentiles are those of a uniform sample. */
  readonly valuesMax?: number;
}

interface Recording {
  readonly labels: readonly (readonly [string, string])[];
  readonly phases: Map<string, ValueStore>;
}

/** Keeps the exact values of the wanted metrics by phase, and the history of the messages sent. */
export function createK6Recorder({ wanted, valuesMax = VALUES_MAX }: K6RecorderOptions): K6Recorder {
  const recordings = new Map<string, Recording>();
  const byMetric = new Map<string, Recording[]>([SENT_METRIC, ACKNOWLEDGED_METRIC].map((metric) => [metric, []]));
  for (const one of wanted) {
    const ref = typeof one === 'string' ? { metric: one } : one;
    if (recordings.has(describeMetric(ref))) continue;
    const recording = { labels: Object.entries(ref.labels ?? {}), phases: new Map<string, ValueStore>() };
    recordings.set(describeMetric(ref), recording);
    byMetric.set(ref.metric, [...(byMetric.get(ref.metric) ?? []), recording]);
  }
  const kinds = new Map<string, K6Kind>();
  const sent = createSentHistory();
  let lastAtMs: number | undefined;

  function onPoint(point: K6Point): void {
    const { metric, atMs, value, tags, metadata } = point;
    if (lastAtMs === undefined || atMs > lastAtMs) lastAtMs = atMs;
    if (metric === SENT_METRIC) sent.addSent(point);
    if (metric === ACKNOWLEDGED_METRIC) sent.addAcknowledged(point);
    const phase = tags['phase'] ?? metadata['phase'] ?? '';
    for (const { labels, phases } of byMetric.get(metric) ?? []) {
      if (!labels.every(([name, label]) => (tags[name] ?? metadata[name]) === label)) continue;
      const store = phases.get(phase) ?? createValueStore(valuesMax);
      phases.set(phase, store);
      store.add(atMs, value);
    }
  }

  const reader = createK6PointReader({
    wanted: (metric) => byMetric.has(metric),
    onMetric: (metric, kind) => kinds.set(metric, kind),
    onPoint,
  });

  return {
    push: reader.push,
    end: reader.end,
    lines: reader.lines,
    history: sent.messages,
    find: (ref) => recordings.get(describeMetric(ref))?.phases,
    kindOf: (metric) => kinds.get(metric),
    get lastAtMs() {
      return lastAtMs;
    },
    problems() {
      const { garbage, firstGarbage } = reader.lines;
      const unsent = sent.acknowledgedUnsent();
      return [
        ...(garbage > 0
          ? [`${garbage} lines from k6 were not points; the first begins ${JSON.stringify(firstGarbage)}`]
          : []),
        ...(unsent.length > 0
          ? [`${unsent.length} messages were acknowledged but not sent; the first is ${unsent[0]}`]
          : []),
      ];
    },
  };
}

/** Reads a stream of k6's points to its end. */
export async function readK6(points: AsyncIterable<Uint8Array>, recorder: K6Recorder): Promise<void> {
  for await (const chunk of points) recorder.push(chunk);
  recorder.end();
}
