import pc from 'picocolors';
import { padEndTo, padStartTo } from '../report/columns.ts';
import { formatMs, formatNumber } from '../report/figures.ts';
import type { Expectation } from './expectations.ts';
import type { VitalsOutcome } from './run-vitals.ts';

const WORDS_COLUMNS = 19;
const FIGURE_COLUMNS = 10;
const SAYS_COLUMNS = 50;
const FIGURES = ['readings/s', 'stored/s', 'behind', 'alerts', 'p50', 'p99'];
const NOTHING = '–';

/** The run as text of at most 80 columns. */
export function vitalsTable(
  { phases, fidelity, load }: VitalsOutcome,
  expectations: readonly Expectation[],
  colour: boolean,
): string {
  const paint = pc.createColors(colour);
  const row = (words: string, figures: readonly string[]) =>
    padEndTo(words, WORDS_COLUMNS) + figures.map((figure) => padStartTo(figure, FIGURE_COLUMNS)).join('');
  const ms = (value: number | undefined) => (value === undefined ? NOTHING : formatMs(value));
  const rate = (value: number) => (Number.isFinite(value) ? formatNumber(Math.round(value)) : NOTHING);
  return [
    paint.dim(row('', FIGURES)),
    ...phases.map((one) =>
      row(one.phase.says, [
        rate(one.readings),
        rate(one.storedPerS),
        formatNumber(one.storingBehind),
        formatNumber(one.alertEvents),
        ms(one.p50Ms),
        ms(one.p99Ms),
      ]),
    ),
    paint.dim('behind: messages not yet stored, at most; p50, p99: reading to alert'),
    `${formatNumber(fidelity.wanted)} alert events to tell, ${formatNumber(fidelity.again)} told again after the kill, under the same ids`,
    '',
    paint.dim(load.summary.trimEnd()),
    '',
    ...expectationLines(expectations, paint),
    '',
  ].join('\n');
}

/** What was expected and what was measured, a line each. */
export function expectationLines(
  expectations: readonly Expectation[],
  paint: ReturnType<typeof pc.createColors>,
): string[] {
  return [
    paint.dim(
      padEndTo('', SAYS_COLUMNS) + padStartTo('expected', FIGURE_COLUMNS) + padStartTo('measured', FIGURE_COLUMNS + 2),
    ),
    ...expectations.map(({ says, expected, measured, holds }) => {
      const sign = holds ? paint.green('✓') : paint.red('✗');
      const figures = padStartTo(expected, FIGURE_COLUMNS) + padStartTo(measured, FIGURE_COLUMNS + 2);
      return `${sign} ${padEndTo(says, SAYS_COLUMNS - 2)}${figures}  ${holds ? paint.green('holds') : paint.red('fails')}`;
    }),
  ];
}
