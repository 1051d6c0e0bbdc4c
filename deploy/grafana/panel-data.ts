import type { Series } from '../../lab/lab-result.ts';
import type { PanelFile } from './dashboard-file.ts';
import { type PromRange, type PromSeries, queryAt, queryRange, withVariables } from './prometheus-api.ts';

/** As many points as a panel is wide in a picture, about. */
const MOST_POINTS = 240;

/** Grafana's names of units → those of our charts. */
const UNITS: Readonly<Record<string, string>> = { short: '', none: '', cps: '/s', percentunit: 'share', bytes: 'MB' };
const BYTES_A_MB = 1e6;

export interface DrawnPanel {
  readonly unit: string;
  /** Seconds since the begin of the time shown; null where nothing was measured. */
  readonly series: readonly Series[];
}

/** Asks what a panel shows. */
export async function readPanel(
  panel: PanelFile,
  prometheusUrl: string,
  { fromS, toS, rateSeconds }: { fromS: number; toS: number; rateSeconds: number },
): Promise<DrawnPanel> {
  const range: PromRange = { fromS, toS, stepS: Math.max(1, Math.ceil((toS - fromS) / MOST_POINTS)) };
  const unit = panel.fieldConfig?.defaults.unit ?? 'none';
  const scale = unit === 'bytes' ? 1 / BYTES_A_MB : 1;
  const series: Series[] = [];
  for (const { expr, legendFormat, instant } of panel.targets) {
    const promql = withVariables(expr, range, rateSeconds);
    const found = instant ? await queryAt(prometheusUrl, promql, toS) : await queryRange(prometheusUrl, promql, range);
    for (const one of found) {
      const points = instant ? one.points : everyStep(one, range);
      series.push({
        name: legendOf(legendFormat, one.labels),
        points: points.map(([atS, value]) => [atS - fromS, Number.isFinite(value) ? value * scale : null]),
      });
    }
  }
  return { unit: UNITS[unit] ?? unit, series: series.toSorted((a, b) => a.name.localeCompare(b.name, 'en')) };
}

/** Prometheus leaves out moments without a value: here they are NaN, so that no line is drawn over them. */
function everyStep({ points }: PromSeries, { fromS, toS, stepS }: PromRange): [number, number][] {
  const values = new Map(points.map(([atS, value]) => [Math.round(atS - fromS), value]));
  const steps = Math.floor((toS - fromS) / stepS);
  return Array.from({ length: steps + 1 }, (_, step) => {
    const atS = step * stepS;
    return [fromS + atS, values.get(Math.round(atS)) ?? Number.NaN];
  });
}

function legendOf(format: string, labels: Readonly<Record<string, string>>): string {
  return format.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '').trim();
}
