import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { catalogue, type MetricName, type NamesOfType } from '../catalogue.ts';
import type { Unit } from '../metric-definition.ts';
import type { PanelUnit, Query } from './dashboard.ts';

type LabelName<N extends MetricName> = (typeof catalogue)[N]['labels'][number];

/** Which series of a metric, and what to keep apart. A list means one of these values. Only the metric's own labels compile. */
export interface Choice<L extends string> {
  readonly where?: { readonly [K in L]?: string | readonly string[] };
  readonly by?: readonly L[];
  /** For a figure: over all of the time shown, so that it says something while nothing happens. */
  readonly over?: Window;
}

export type Asked = Pick<Query, 'expr' | 'unit'>;

/** Grafana's windows: around each point of a line, never shorter than four scrapes; and all of the time shown. */
const WINDOWS = { point: '$__rate_interval', timeShown: '$__range' } as const;
type Window = keyof typeof WINDOWS;

const UNITS: Partial<Record<Unit, PanelUnit>> = {
  [MetricUnit.Milliseconds]: 'ms',
  [MetricUnit.Seconds]: 's',
  [MetricUnit.Count]: 'short',
  [MetricUnit.CountPerSecond]: 'cps',
};

function unitOf(name: MetricName): PanelUnit {
  return UNITS[catalogue[name].unit] ?? 'none';
}

/** A name with its conditions: `queue_depth{queue="a"}`. Values are literals of ours, so quotes need no escaping. */
export function selector(name: string, where: Readonly<Record<string, string | readonly string[] | undefined>> = {}) {
  const conditions = Object.entries(where).flatMap(([label, value]) => {
    if (value === undefined) return [];
    return typeof value === 'string' ? [`${label}="${value}"`] : [`${label}=~"${value.join('|')}"`];
  });
  return conditions.length === 0 ? name : `${name}{${conditions.join(',')}}`;
}

/** `sum by (label) (…)`. */
export function sum(expr: string, by: readonly string[] = []): string {
  return by.length === 0 ? `sum(${expr})` : `sum by (${by.join(', ')}) (${expr})`;
}

export function rate(selected: string, over: Window = 'point'): string {
  return `rate(${selected}[${WINDOWS[over]}])`;
}

/** A counter's increase a second. */
export function perSecond<N extends NamesOfType<'counter'>>(
  name: N,
  { where, by, over }: Choice<LabelName<N>> = {},
): Asked {
  return { expr: sum(rate(selector(name, where), over), by), unit: 'cps' };
}

/** A counter's value, since the stack was started. A rate would miss the first of a rare fault: before it there is no series. */
export function sinceStart<N extends NamesOfType<'counter'>>(name: N, { where, by }: Choice<LabelName<N>> = {}): Asked {
  return { expr: sum(selector(name, where), by), unit: unitOf(name) };
}

/** A gauge's value. */
export function now<N extends NamesOfType<'gauge'>>(name: N, { where, by }: Choice<LabelName<N>> = {}): Asked {
  return { expr: sum(selector(name, where), by), unit: unitOf(name) };
}

/** A quantile (0.95 is p95) of what a histogram counted in the window, from its buckets. */
export function quantile<N extends NamesOfType<'histogram'>>(
  share: number,
  name: N,
  { where, by = [], over }: Choice<LabelName<N>> = {},
): Asked {
  const buckets = sum(rate(selector(`${name}_bucket`, where), over), ['le', ...by]);
  return { expr: `histogram_quantile(${share}, ${buckets})`, unit: unitOf(name) };
}

/** One sum as a share of another, 0 to 1; nothing where there is no whole. */
export function shareOf(part: Asked, whole: Asked): Asked {
  return { expr: `${part.expr} / (${whole.expr} > 0)`, unit: 'percentunit' };
}
