// Panels that more than one stage has.
import type { NamesOfType } from '../catalogue.ts';
import { faultLine, figure, graph, line, type Panel, type Threshold } from './dashboard.ts';
import { k6PerSecond, k6Quantile, k6Total } from './outside-metrics.ts';
import { type Asked, perSecond, quantile, shareOf } from './promql.ts';

export const P50 = 0.5;
export const P95 = 0.95;
export const P99 = 0.99;

/** The limits that k6/db-first.ts sets: p95 of a request, and p99 of a notification. */
const REQUEST_LIMIT_MS = 200;
export const NOTIFICATION_LIMIT_MS = 100;

export const from = (value: number, color: Threshold['color']): Threshold => ({ value, color });

type LatencyWithStage =
  | 'db_insert_latency_ms'
  | 'db_read_latency_ms'
  | 'notification_latency_ms'
  | 'producer_latency_ms';

/** p50, p95 and p99 of a latency of one stage. */
export function latencyGraph(
  name: LatencyWithStage & NamesOfType<'histogram'>,
  stage: string,
  text: { title: string; description: string; thresholds?: Threshold[] },
): Panel {
  const of = (share: number) => quantile(share, name, { where: { stage } });
  return graph(text, line(of(P50), 'p50'), line(of(P95), 'p95'), line(of(P99), 'p99'));
}

/** What k6 sees of a stage's routes. All empty while no load is sent. */
export function k6Panels(stage: string, pathPattern: string): Panel[] {
  const where = { name: [pathPattern] };
  const failed = shareOf(
    k6PerSecond('http_reqs', { where: { ...where, expected_response: 'false' } }),
    k6PerSecond('http_reqs', { where }),
  );
  return [
    graph(
      {
        title: 'Requests sent (http_reqs)',
        description: `Requests that k6 sent to ${stage}, by status of the answer. Status 0: no answer.`,
      },
      line(k6PerSecond('http_reqs', { where, by: ['status'] }), '{{status}}'),
    ),
    graph(
      {
        title: 'Time to the answer (http_req_duration)',
        description: `What k6 waited for an answer. Limit of the script: p95 below ${REQUEST_LIMIT_MS} ms.`,
        thresholds: [from(REQUEST_LIMIT_MS, 'red')],
      },
      line(k6Quantile(P50, 'http_req_duration', { where }), 'p50'),
      line(k6Quantile(P95, 'http_req_duration', { where }), 'p95'),
      line(k6Quantile(P99, 'http_req_duration', { where }), 'p99'),
    ),
    graph(
      {
        title: 'Requests that failed (http_req_failed)',
        description: 'Share of requests with a status that k6 did not expect, or with no answer. 0 is good.',
        thresholds: [from(0.001, 'red')],
      },
      { ...line(failed, 'failed'), zeroWhenAbsent: true },
    ),
  ];
}

/** Whether k6 sent the load that its script says; the script is the run's `testid`. */
export function k6LoadPanels(script: string): Panel[] {
  const where = { testid: script };
  return [
    graph(
      { title: 'Load applied', description: 'Iterations that k6 ran, by scenario.' },
      line(k6PerSecond('iterations', { where, by: ['scenario'] }), '{{scenario}}'),
    ),
    graph(
      {
        title: 'Load not applied',
        description:
          'Iterations that k6 dropped in this run because all its virtual users were waiting: the load was less than claimed.',
        thresholds: [from(1, 'red')],
      },
      faultLine(k6Total('dropped_iterations', { where }), 'dropped'),
    ),
  ];
}

/** What a stage's HTTP functions answered. */
export function functionPanels(functions: readonly string[]): Panel[] {
  const where = { function: functions };
  return [
    graph(
      { title: 'Answers by status', description: 'HTTP answers of the functions, whoever asked.' },
      line(perSecond('http_requests_total', { where, by: ['status'] }), '{{status}}'),
    ),
    graph(
      {
        title: 'Time in the function, p95',
        description:
          'From the request event to the response. The difference to http_req_duration is the network and the server.',
        thresholds: [from(REQUEST_LIMIT_MS, 'red')],
      },
      line(quantile(P95, 'http_request_duration_ms', { where, by: ['function'] }), '{{function}}'),
    ),
  ];
}

/** Share of a stage's answers that are 5xx. */
export function errorShare(functions: readonly string[]): Panel {
  const where = { function: functions };
  const over = 'timeShown';
  const part: Asked = perSecond('http_requests_total', { where: { ...where, status: ['5..'] }, over });
  return figure(
    {
      title: 'Answers that are errors',
      description:
        'Share of 5xx among the answers in the time shown. 503 means a dependency is away or slow: see /readyz.',
      thresholds: [from(0.001, 'orange'), from(0.01, 'red')],
    },
    { ...line(shareOf(part, perSecond('http_requests_total', { where, over })), 'errors'), zeroWhenAbsent: true },
  );
}
