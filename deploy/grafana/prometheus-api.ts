import { z } from 'zod';
import { TransientError } from '../../shared/errors.ts';

const sample = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());

const answer = z.object({
  status: z.string(),
  error: z.string().optional(),
  data: z
    .object({
      result: z.array(z.object({ metric: labels, values: z.array(sample).optional(), value: sample.optional() })),
    })
    .optional(),
});

/** One line: its labels, and points of seconds since 1970 and value. NaN where Prometheus says so. */
export interface PromSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [atS: number, value: number])[];
}

/** Seconds since 1970, and the distance between points. */
export interface PromRange {
  readonly fromS: number;
  readonly toS: number;
  readonly stepS: number;
}

const ANSWER_TIMEOUT_MS = 20_000;
const VALUES: Readonly<Record<string, number>> = { '+Inf': Number.POSITIVE_INFINITY, '-Inf': Number.NEGATIVE_INFINITY };

/**
 * What Grafana would put into a query for this range.
 * @param rateSeconds for `$__rate_interval`: at least four scrapes
 */
export function withVariables(expr: string, { fromS, toS }: PromRange, rateSeconds: number): string {
  return expr
    .replaceAll('$__rate_interval', `${rateSeconds}s`)
    .replaceAll('$__range', `${Math.max(1, Math.ceil(toS - fromS))}s`);
}

/** Asks for values over time. Throws with Prometheus' own words when it does not take the query. */
export function queryRange(url: string, promql: string, { fromS, toS, stepS }: PromRange): Promise<PromSeries[]> {
  return ask(url, 'query_range', { query: promql, start: String(fromS), end: String(toS), step: String(stepS) });
}

/** Asks for the values of one moment. */
export function queryAt(url: string, promql: string, atS: number): Promise<PromSeries[]> {
  return ask(url, 'query', { query: promql, time: String(atS) });
}

async function ask(url: string, path: string, parameters: Record<string, string>): Promise<PromSeries[]> {
  const { status, error, data } = answer.parse(await answerOf(`${url}/api/v1/${path}`, parameters));
  if (status !== 'success' || data === undefined)
    throw new Error(`Prometheus refuses ${parameters['query']}: ${error ?? status}`);
  return data.result.map(({ metric, values, value }) => ({
    labels: metric,
    points: (values ?? (value ? [value] : [])).map(([atS, text]) => [atS, VALUES[text] ?? Number(text)] as const),
  }));
}

/** @throws TransientError `prometheus_away` when nobody answers there, or not in JSON. */
async function answerOf(address: string, parameters: Record<string, string>): Promise<unknown> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      body: new URLSearchParams(parameters),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return await response.json();
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new TransientError('prometheus_away', `No Prometheus answers at ${address}: ${reason}`, { cause });
  }
}
