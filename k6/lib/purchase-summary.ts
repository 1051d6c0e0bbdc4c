// What became of the purchases, in one paragraph at the end of a run.
import { type SummaryData, summaryText } from './summary.ts';

const FAILED = 'purchases_failed';
/** Why a purchase fails, as far as it is expected; each is a figure of its own in the summary. */
const REASONS = ['no_answer', 'timeout', 'database_slow', 'database_unavailable', 'stream_unavailable', 'timed_out'];
const ofReason = (reason: string) => `${FAILED}{reason:${reason}}`;

/** k6 shows a part of a metric only if there is a threshold on it: these hold always. */
export const REASON_THRESHOLDS: Readonly<Record<string, string[]>> = Object.fromEntries(
  REASONS.map((reason) => [ofReason(reason), ['count>=0']]),
);

/** k6's handleSummary of a run by itself. @param planned purchases */
export const purchaseSummary =
  (planned: number) =>
  (data: SummaryData): Record<string, string> => {
    const shown = Object.entries(data.metrics).filter(([name]) => !(name in REASON_THRESHOLDS));
    return { stdout: `${summaryText({ metrics: Object.fromEntries(shown) }, [])}\n${purchasesText(data, planned)}\n` };
  };

export function purchasesText({ metrics }: SummaryData, planned: number): string {
  const count = (name: string) => metrics[name]?.values['count'] ?? 0;
  const reasons = REASONS.map((reason) => ({ reason, failed: count(ofReason(reason)) })).filter(
    ({ failed }) => failed > 0,
  );
  const others = count(FAILED) - reasons.reduce((sum, { failed }) => sum + failed, 0);
  const why = [
    ...reasons.map(({ reason, failed }) => `${reason} ${failed}`),
    ...(others > 0 ? [`other ${others}`] : []),
  ];
  const failed = why.length === 0 ? '' : ` (${why.join(', ')})`;
  const [sent, dropped] = [count('producer_sent_msgs'), count('dropped_iterations')];
  return [
    `Purchases: ${planned} planned, ${sent} sent, ${dropped} dropped for want of VUs, ${Math.max(0, planned - sent - dropped)} not begun in time`,
    `  ${count('purchases_accepted')} accepted, ${count('purchases_confirmed')} confirmed, ${count('purchases_rejected')} rejected, ${count(FAILED)} failed${failed}, ${count('purchases_undecided')} accepted and never decided`,
    `  sent again: ${count('purchases_repeated')} answered with the same bytes, ${count('repeat_differs')} with others, ${count('repeats_failed')} not`,
  ].join('\n');
}
