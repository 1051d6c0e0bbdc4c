import pc from 'picocolors';
import { padEndTo, padStartTo } from '../report/columns.ts';
import { formatMs, formatNumber } from '../report/figures.ts';
import type { Expectation } from '../vitals/expectations.ts';
import { expectationLines } from '../vitals/vitals-table.ts';
import type { AlertsOutcome } from './run-alerts.ts';

const WORDS_COLUMNS = 22;
const FIGURE_COLUMNS = 11;
const FIGURES = ['readings/s', 'alerts', 'desk p99', 'p50', 'p99'];
const NOTHING = '–';

/** The run as text of at most 80 columns. */
export function alertsTable(outcome: AlertsOutcome, expectations: readonly Expectation[], colour: boolean): string {
  const { phases, fates, burst, load } = outcome;
  const paint = pc.createColors(colour);
  const row = (words: string, figures: readonly string[]) =>
    padEndTo(words, WORDS_COLUMNS) + figures.map((figure) => padStartTo(figure, FIGURE_COLUMNS)).join('');
  const ms = (value: number | undefined) => (value === undefined ? NOTHING : formatMs(value));
  return [
    paint.dim(row('', FIGURES)),
    ...phases.map((one) =>
      row(one.phase.says, [
        formatNumber(Math.round(one.readings)),
        formatNumber(one.alerts),
        ms(one.deskMs),
        ms(one.p50Ms),
        ms(one.p99Ms),
      ]),
    ),
    paint.dim('alerts that a reading began: from it to the desk; to the wall (p50, p99)'),
    `burst: ${formatNumber(burst.alerts)} alerts, the last on a wall after ${ms(burst.shownMs)}`,
    `${formatNumber(fates.pages)} pages, ${formatNumber(fates.pagesTwice)} twice under one key; ${formatNumber(fates.acknowledged)} acknowledged`,
    '',
    paint.dim(load.summary.trimEnd()),
    '',
    ...expectationLines(expectations, paint),
    '',
  ].join('\n');
}
