import type { Severity } from '../alerts/alert-kinds.ts';
import type { WardWindow } from './hours-query.ts';
import type { DeskReadContext } from './open-alerts-store.ts';
import type { Statistics } from './statistics.ts';

const STAGE = { stage: 'alerts' } as const;
const DAY_MS = 86_400_000;

/** Of the alerts that began in the window: all together, by bed, by rule and priority. */
const STATISTICS = `
  WITH begun AS MATERIALIZED (
    SELECT bed, rule, priority, answered_at, extract(epoch FROM answered_at - opened_at)::float8 AS response_s,
      (SELECT count(*) FROM alert_desk.history AS h
        WHERE h.alert_id = a.alert_id AND h.trigger IN ('unanswered', 'escalate')) AS escalations
    FROM alert_desk.alerts AS a WHERE ward = $1 AND opened_at >= $2::timestamptz AND opened_at <= $3::timestamptz
  )
  SELECT grouping(bed) = 0 AS of_bed, grouping(rule) = 0 AS of_rule, bed, rule, priority, count(*)::int AS alerts,
    count(answered_at)::int AS answered, coalesce(sum(escalations), 0)::int AS escalations,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY response_s) AS median_s,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY response_s) AS p95_s
  FROM begun GROUP BY GROUPING SETS ((), (bed), (rule, priority))
  ORDER BY bed COLLATE "C", rule COLLATE "C", priority COLLATE "C"`;

interface Row extends Record<string, unknown> {
  of_bed: boolean;
  of_rule: boolean;
  bed: string;
  rule: string;
  priority: Severity;
  alerts: number;
  answered: number;
  escalations: number;
  median_s: number | null;
  p95_s: number | null;
}

/** To the millisecond. */
const rounded = (seconds: number | null) => (seconds === null ? null : Math.round(seconds * 1_000) / 1_000);

const figuresOf = ({ alerts, answered, escalations, median_s, p95_s }: Row) => ({
  alerts,
  acknowledgedShare: alerts === 0 ? null : answered / alerts,
  responseMedianS: rounded(median_s),
  responseP95S: rounded(p95_s),
  escalations,
});

const NONE = { alerts: 0, acknowledgedShare: null, responseMedianS: null, responseP95S: null, escalations: 0 };

export async function readStatistics(
  { ward, fromMs, untilMs }: WardWindow,
  { database, recordMetric }: DeskReadContext,
): Promise<Statistics> {
  const [from, until] = [new Date(fromMs).toISOString(), new Date(untilMs).toISOString()];
  const startedAt = performance.now();
  const statement = { name: 'alert-statistics', text: STATISTICS, values: [ward, from, until] };
  const rows = await database.query<Row>(statement);
  recordMetric('db_read_latency_ms', performance.now() - startedAt, STAGE);
  const days = (untilMs - fromMs) / DAY_MS;
  const all = rows.find((row) => !row.of_bed && !row.of_rule);
  const beds = rows.filter((row) => row.of_bed);
  return {
    ...{ ward, from, until },
    ...(all === undefined ? NONE : figuresOf(all)),
    alertsABedAndDay: all === undefined || beds.length === 0 ? null : all.alerts / beds.length / days,
    beds: beds.map((row) => ({ bed: row.bed, ...figuresOf(row), alertsADay: row.alerts / days })),
    rules: rows
      .filter((row) => row.of_rule)
      .map((row) => ({ rule: row.rule, priority: row.priority, ...figuresOf(row) })),
  };
}
