import pc from 'picocolors';
import { padEndTo, padStartTo, wrapped } from '../report/columns.ts';
import { formatFigure, formatNumber } from '../report/figures.ts';
import type { Expectation } from './expectations.ts';
import { type CauseCounts, type Counts, PRIORITIES, type Quality } from './quality.ts';
import { conditionInWords } from './words.ts';

export interface TableOptions {
  /** False at a pipe and with NO_COLOR. */
  readonly colour: boolean;
}

const COLUMNS = 80;
const FIGURES = 5;
const FIGURE_COLUMNS = 10;
const WORDS_COLUMNS = COLUMNS - FIGURES * FIGURE_COLUMNS;
const HOURS_PER_DAY = 24;
const INDENT = '  ';

const ALERTERS =
  'naive: an alert while a value is beyond its limit, a rhythm counts or a value is missing, whatever its signal; rules: those of shared/vitals/rules with default thresholds';

/** The whole as text of at most 80 columns. */
export function qualityTable(quality: Quality, { colour }: TableOptions): string {
  const paint = pc.createColors(colour);
  const head = (words: string, figures: readonly string[]) => paint.dim(row(words, figures));
  const lines = [
    ...wrapped(recordingsInWords(quality), COLUMNS),
    ...wrapped(ALERTERS, COLUMNS),
    '',
    head('', ['alerts', '', 'a bed', 'and day', '']),
    head('', ['naive', 'rules', 'naive', 'rules', 'fewer']),
    ...quality.alerts.map((counts) => alertsRow(conditionInWords(counts.condition), counts, quality.bedDays)),
    paint.bold(alertsRow('all', quality.all, quality.bedDays)),
    row('bed time with an alert open', ['', '', ...[quality.inAlarm.naive, quality.inAlarm.rules].map(share)]),
    '',
    head('alerts of the rules by priority', [...PRIORITIES]),
    row(
      '  in all',
      PRIORITIES.map((one) => formatNumber(quality.priorities[one])),
    ),
    row(
      '  a bed and day',
      PRIORITIES.map((one) => formatNumber(quality.priorities[one] / quality.bedDays)),
    ),
    '',
    head('what there was to tell', ['in all', 'late', 'missed', 'twice', 'longest']),
    ...quality.causes.map(causeRow),
    '',
    head('expected of the rules', ['', 'expected', 'measured']),
    ...quality.expectations.map((one) => expectationRow(one, paint)),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function expectationRow(
  { says, expected, measured, holds }: Expectation,
  paint: ReturnType<typeof pc.createColors>,
): string {
  const sign = holds === null ? '–' : holds ? paint.green('✓') : paint.red('✗');
  const verdict = holds === null ? 'none here' : holds ? paint.green('holds') : paint.red('fails');
  const words = padEndTo(says, WORDS_COLUMNS + FIGURE_COLUMNS - INDENT.length);
  return `${sign} ${words}${[expected, measured].map((figure) => padStartTo(figure, FIGURE_COLUMNS)).join('')}  ${verdict}`;
}

const row = (words: string, figures: readonly string[]) =>
  padEndTo(words, WORDS_COLUMNS) + figures.map((figure) => padStartTo(figure, FIGURE_COLUMNS)).join('');

const share = (part: number) => formatFigure(part, 'share');

function recordingsInWords({ recordings, bedDays }: Quality): string {
  const sets = recordings.map(
    (one) => `${formatNumber(one.count)} of ${one.dataset} (${formatNumber(one.bedDays * HOURS_PER_DAY)} h)`,
  );
  return `Recordings: ${sets.join(', ')}; ${formatNumber(bedDays)} days of a bed`;
}

function alertsRow(words: string, { naive, rules }: Counts, bedDays: number): string {
  return row(words, [
    formatNumber(naive),
    formatNumber(rules),
    formatNumber(naive / bedDays),
    formatNumber(rules / bedDays),
    naive === 0 ? '' : share(1 - rules / naive),
  ]);
}

const CAUSE_WORDS: Readonly<Record<CauseCounts['cause'], string>> = {
  episode: 'episodes of VT, SVTA, AVB',
  severe: 'beyond the severe limit',
  sustained: 'beyond the limit, delay over',
  gap: 'no data, limit of time over',
};

function causeRow({ cause, count, late, missed, twice, longestDelayS }: CauseCounts): string {
  return row(CAUSE_WORDS[cause], [...[count, late, missed, twice].map(formatNumber), formatFigure(longestDelayS, 's')]);
}
