import { definitions } from './catalogue.ts';
import type { MetricDefinition } from './metric-definition.ts';

const HEADER = `# Metrics

Rendered from shared/observability/catalogue.ts, which is the place to change. Handlers record them with Powertools
Metrics as EMF (namespace \`Heartline\`); the metric bridge serves them to Prometheus under the same names.

\`every\`: all stages record it. \`local\`: the local stack counts its own workings with it.
`;

/** Text that goes into a table cell: a bar would start a new one. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

const COLUMNS = ['name', 'type', 'unit', 'labels', 'stage', 'meaning'];

function cellsOf([name, definition]: [string, MetricDefinition]): string[] {
  const labels = definition.labels.map((label) => `\`${label}\``).join(', ');
  return [`\`${name}\``, definition.type, definition.unit, labels, definition.stage, definition.meaning].map(cell);
}

/** Rows with cells of equal width, as the formatter would write them. */
function table(rows: readonly string[][]): string[] {
  const widths = COLUMNS.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(COLUMNS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

function bucketLine([name, definition]: [string, MetricDefinition]): string[] {
  return definition.type === 'histogram'
    ? [`- \`${name}\` (${definition.unit}): ${definition.buckets.join(', ')}`]
    : [];
}

/** The catalogue as Markdown: the content of docs/metrics.md. */
export function renderCatalogue(): string {
  const entries = [...definitions];
  return [HEADER, ...table(entries.map(cellsOf)), '', '## Buckets', '', ...entries.flatMap(bucketLine), ''].join('\n');
}
