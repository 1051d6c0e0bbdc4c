/** Grafana's names of units. */
export type PanelUnit = 'ms' | 's' | 'short' | 'cps' | 'percentunit' | 'bytes' | 'none';

/** What Prometheus is asked for one group of lines, in PromQL; it may use Grafana's `$__rate_interval` and `$__range`. */
export interface Query {
  readonly expr: string;
  readonly unit: PanelUnit;
  /** Name of a line: text with labels as `{{label}}`. */
  readonly legend: string;
  /** Show 0 where there is nothing: for counters of faults, which do not exist before the first one. */
  readonly zeroWhenAbsent: boolean;
}

/** From `value` on, the panel shows this colour. */
export interface Threshold {
  readonly value: number;
  readonly color: 'yellow' | 'orange' | 'red' | 'green';
}

export interface Panel {
  readonly kind: 'timeseries' | 'stat';
  readonly title: string;
  /** What it shows, what is good, and what to do when it is not. */
  readonly description: string;
  /** All of one unit. */
  readonly queries: readonly Query[];
  readonly thresholds: readonly Threshold[];
}

interface Section {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** File name and, after `heartline-`, Grafana's uid. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly sections: readonly Section[];
}

/** A query with the name of its lines. */
export function line(query: Omit<Query, 'legend' | 'zeroWhenAbsent'>, legend: string): Query {
  return { ...query, legend, zeroWhenAbsent: false };
}

/** Like `line`, but 0 where nothing was counted yet. The query must give one line without labels. */
export function faultLine(query: Omit<Query, 'legend' | 'zeroWhenAbsent'>, legend: string): Query {
  return { ...query, legend, zeroWhenAbsent: true };
}

interface PanelText {
  readonly title: string;
  readonly description: string;
  readonly thresholds?: readonly Threshold[];
}

/** Lines over time. */
export function graph(text: PanelText, ...queries: readonly Query[]): Panel {
  return { thresholds: [], ...text, kind: 'timeseries', queries };
}

/** One figure of now, or of the time shown. */
export function figure(text: PanelText, query: Query): Panel {
  return { thresholds: [], ...text, kind: 'stat', queries: [query] };
}

const OR_ZERO = ' or vector(0)';

/** A sum that is 0 where there is nothing to sum. */
export function orZero(sum: string): string {
  return `(${sum}${OR_ZERO})`;
}

/** The query as Grafana asks it. */
export function promqlOf({ expr, zeroWhenAbsent }: Pick<Query, 'expr' | 'zeroWhenAbsent'>): string {
  return zeroWhenAbsent ? orZero(expr) : expr;
}

/** A query without any "0 where there is nothing": what tells a metric at rest from one that does not exist. */
export function withoutZero(promql: string): string {
  return promql.replaceAll(OR_ZERO, '');
}
