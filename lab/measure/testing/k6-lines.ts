/** Lines as k6 1.x writes them with `--out json`. */

interface LinePoint {
  readonly metric: string;
  readonly atMs: number;
  readonly value: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

export const metricLine = (name: string, type: string): string =>
  `${JSON.stringify({ type: 'Metric', data: { name, type, contains: 'default', thresholds: [], submetrics: null }, metric: name })}\n`;

/** Go escapes <, > and & in JSON, and writes nanoseconds. */
export function pointLine({ metric, atMs, value, tags = {}, metadata }: LinePoint): string {
  const time = `${new Date(Math.floor(atMs)).toISOString().slice(0, -1)}${String(Math.round((atMs % 1) * 1e6)).padStart(6, '0')}Z`;
  const data = { time, value, tags, ...(metadata ? { metadata } : {}) };
  const line = JSON.stringify({ metric, type: 'Point', data });
  return `${line.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026')}\n`;
}
