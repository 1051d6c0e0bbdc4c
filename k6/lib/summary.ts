// What is printed at the end of a run: k6's figures, what failed, and in words whether the load was the one planned.
import type { PlannedPhase } from './phases.ts';

interface Metric {
  readonly type: string;
  readonly contains: string;
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

/** The part of k6's summary data that is used here. */
export interface SummaryData {
  readonly metrics: Readonly<Record<string, Metric>>;
}

const NAME_COLUMNS = 42;
const BYTES_PER_KB = 1_000;
/** Of a trend: what the scripts ask for (summaryTrendStats), in this order. */
export const STATISTICS = ['avg', 'med', 'p(95)', 'p(99)', 'max'];

/** k6's handleSummary: planned phases are those whose messages were to be sent. */
export const summaryWith =
  (phases: readonly PlannedPhase[]) =>
  (data: SummaryData): Record<string, string> => ({ stdout: `${summaryText(data, phases)}\n` });

export function summaryText({ metrics }: SummaryData, phases: readonly PlannedPhase[]): string {
  const names = Object.keys(metrics).sort();
  const lines = names.map((name) => line(name, metrics[name]));
  const thresholds = names.flatMap((name) =>
    Object.entries(metrics[name]?.thresholds ?? {}).map(([rule, { ok }]) => `  ${ok ? '✓' : '✗'} ${name}: ${rule}`),
  );
  return ['', ...lines, '', 'Thresholds', ...thresholds, '', loadText(metrics, phases)].join('\n');
}

const line = (name: string, metric: Metric | undefined) =>
  `  ${name.padEnd(NAME_COLUMNS, '.')}: ${metric ? figures(metric) : 'nothing was measured'}`;

function figures({ type, contains, values }: Metric): string {
  const { count = 0, rate = 0, passes = 0, fails = 0, value = 0 } = values;
  if (type === 'counter' && contains === 'data') return `${round(count / BYTES_PER_KB)} kB`;
  if (type === 'counter') return `${round(count)}  ${round(rate)}/s`;
  if (type === 'rate') return `${round(rate * 100)}%  ${passes} of ${passes + fails}`;
  if (type === 'gauge') return String(round(value));
  const unit = contains === 'time' ? 'ms' : '';
  const known = STATISTICS.filter((of) => values[of] !== undefined);
  return known.map((of) => `${of}=${round(values[of] ?? 0)}${unit}`).join('  ');
}

const round = (value: number) => Math.round(value * 100) / 100;

/** Planned against sent, in one line a phase. Empty without phases. */
function loadText(metrics: SummaryData['metrics'], phases: readonly PlannedPhase[]): string {
  const countOf = (name: string) => metrics[name]?.values['count'] ?? 0;
  const lines = phases.map(({ name, count }) => {
    const sent = countOf(`producer_sent_msgs{phase:${name}}`);
    return `  ${sent === count ? '✓' : '✗'} phase ${name}: planned ${count} messages, sent ${sent}`;
  });
  const late = countOf('producer_late_msgs');
  const isTimed = metrics['producer_late_msgs']?.thresholds !== undefined;
  if (late > 0) lines.push(`  ${isTimed ? '✗' : '!'} ${late} were sent more than a second late`);
  const applied = !lines.some((text) => text.startsWith('  ✗'));
  if (lines.length === 0) return '';
  return [applied ? 'The planned load was applied:' : 'The planned load was NOT applied:', ...lines].join('\n');
}
