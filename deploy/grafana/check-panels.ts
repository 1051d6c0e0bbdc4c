import { withoutZero } from '../../shared/observability/dashboards/dashboard.ts';
import type { DashboardFile, PanelFile } from './dashboard-file.ts';
import { type PromRange, queryAt, queryRange, withVariables } from './prometheus-api.ts';

/** A query of a panel that shows nothing. */
export interface EmptyQuery {
  readonly panel: string;
  readonly expr: string;
  readonly reason: string;
}

type Target = PanelFile['targets'][number];

/**
 * Asks Prometheus each query of each panel, as Grafana would for this range, and returns those without one finite number. The `or
 * vector(0)` with which panels show faults that have not happened is left out: it would hide a metric that does not exist.
 * Throws when Prometheus does not take a query.
 */
export async function emptyQueries(
  dashboard: DashboardFile,
  { url, range, rateSeconds }: { url: string; range: PromRange; rateSeconds: number },
): Promise<EmptyQuery[]> {
  const found: EmptyQuery[] = [];
  for (const panel of dashboard.panels) {
    for (const target of panel.targets) {
      const reason = await whyEmpty(url, target, range, rateSeconds);
      if (reason !== undefined) found.push({ panel: panel.title, expr: target.expr, reason });
    }
  }
  return found;
}

async function whyEmpty(
  url: string,
  target: Target,
  range: PromRange,
  rateSeconds: number,
): Promise<string | undefined> {
  const promql = withVariables(withoutZero(target.expr), range, rateSeconds);
  const series = target.instant ? await queryAt(url, promql, range.toS) : await queryRange(url, promql, range);
  if (series.length === 0) return 'no series';
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  if (!values.some(Number.isFinite)) return 'no finite number';
  const missing = labelsOf(target.legendFormat).filter((label) => !series.some(({ labels }) => label in labels));
  return missing.length === 0 ? undefined : `no series has the label ${missing.join(', ')} of the legend`;
}

function labelsOf(legend: string): string[] {
  return [...legend.matchAll(/\{\{(\w+)\}\}/g)].flatMap(([, label]) => label ?? []);
}
