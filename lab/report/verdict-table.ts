import pc from 'picocolors';
import type { CaseResult, LabResult, VerdictRow } from '../lab-result.ts';
import { PHASE_WORDS } from './chart-summary.ts';
import { columnsOf, fitted, padEndTo, padStartTo, plainLine, wrapped } from './columns.ts';
import { countOf, formatFigure, formatNumber } from './figures.ts';
import { lostIn } from './report-delivery.ts';
import { toxicInWords } from './toxic-words.ts';

export interface TableOptions {
  /** Of the terminal; no line is longer. */
  readonly columns: number;
  /** False at a pipe and with NO_COLOR. */
  readonly colour: boolean;
}

type Colours = ReturnType<typeof pc.createColors>;
interface Page extends TableOptions {
  readonly paint: Colours;
}

const VERDICT_COLUMNS = 'holds'.length;
const GAP = '  ';
const INDENT = '  ';
/** With less room for its words an expectation stands above its figures instead of beside them. */
const LEAST_EXPECTATION_COLUMNS = 24;
const LEAST_COLUMNS = 20;

/** The verdicts of a run as text: of each case the faults, expected against measured, and what became of the messages. */
export function verdictTable(result: LabResult, options: TableOptions): string {
  const page = {
    ...options,
    columns: Math.max(LEAST_COLUMNS, options.columns),
    paint: pc.createColors(options.colour),
  };
  const cases = result.cases.flatMap((one) => [...caseLines(one, page), '']);
  return `${[...cases, ...closing(result, page)].join('\n')}\n`;
}

function caseLines(one: CaseResult, page: Page): string[] {
  const { paint } = page;
  const table = one.rows.length === 0 ? [] : rowLines(one.rows, page);
  return [
    ...wrapped(plainLine(one.title), page.columns).map(paint.bold),
    ...one.toxics.flatMap((toxic) => block(plainLine(toxicInWords(toxic)), page).map(paint.dim)),
    '',
    ...table,
    '',
    ...deliveryLines(one, page),
  ];
}

const figuresOf = (row: VerdictRow): string[] =>
  [row.baseline, row.fault, row.recovery].map((value) => plainLine(formatFigure(value, row.unit)));

function rowLines(rows: readonly VerdictRow[], page: Page): string[] {
  const heads = [PHASE_WORDS.baseline, PHASE_WORDS.fault, PHASE_WORDS.recovery];
  const figures = rows.map(figuresOf);
  const widths = heads.map((head, at) => Math.max(columnsOf(head), ...figures.map((row) => columnsOf(row[at] ?? ''))));
  const taken = widths.reduce((sum, width) => sum + GAP.length + width, INDENT.length + GAP.length + VERDICT_COLUMNS);
  const room = page.columns - taken;
  if (room < LEAST_EXPECTATION_COLUMNS) return rows.flatMap((row) => stacked(row, heads, page));
  const cells = (texts: readonly string[]) => texts.map((text, at) => GAP + padStartTo(text, widths[at] ?? 0)).join('');
  const header = `${INDENT}${padEndTo('expectation', room)}${cells(heads)}${GAP}${padEndTo('', VERDICT_COLUMNS)}`;
  return [
    page.paint.dim(header.trimEnd()),
    ...rows.flatMap((row, at) => {
      const [first = '', ...rest] = wrapped(plainLine(row.expectation), room);
      const line = `${padEndTo(first, room)}${cells(figures[at] ?? [])}${GAP}${verdictWord(row.holds, page)}`;
      return [`${sign(row.holds, page)} ${line}`, ...rest.map((text) => INDENT + text), ...reasonLines(row, page)];
    }),
  ];
}

function stacked(row: VerdictRow, heads: readonly string[], page: Page): string[] {
  const figures = figuresOf(row).map((figure, at) => `${heads[at]} ${figure}`);
  const [first = '', ...rest] = wrapped(
    `${plainLine(row.expectation)}: ${row.holds ? 'holds' : 'fails'}`,
    page.columns - 2,
  );
  return [
    `${sign(row.holds, page)} ${first}`,
    ...rest.map((text) => INDENT + text),
    ...block(figures.join(', '), page),
    ...reasonLines(row, page),
  ];
}

const reasonLines = (row: VerdictRow, page: Page): string[] =>
  row.reason === undefined ? [] : block(plainLine(row.reason), page, INDENT + INDENT).map(page.paint.red);

/** The text in lines, each indented. */
const block = (text: string, page: Page, indent = INDENT): string[] =>
  wrapped(text, page.columns - indent.length).map((line) => indent + line);

const sign = (holds: boolean, { paint }: Page): string => (holds ? paint.green('✓') : paint.red('✗'));
const verdictWord = (holds: boolean, { paint }: Page): string => (holds ? paint.green('holds') : paint.red('fails'));

function deliveryLines({ delivery }: CaseResult, page: Page): string[] {
  const patients = delivery.lostByPatient.filter(({ lost }) => lost.length > 0).length;
  const lost = lostIn(delivery);
  const parts = [
    `${formatNumber(delivery.sent)} sent`,
    `${formatNumber(delivery.acknowledged)} acknowledged`,
    `${formatNumber(delivery.delivered)} delivered`,
    lost > 0 ? `${formatNumber(lost)} lost (${countOf(patients, 'patient')})` : '0 lost',
    `${formatNumber(delivery.duplicated)} delivered twice`,
    ...(delivery.phantom > 0 ? [`${formatNumber(delivery.phantom)} delivered and never sent`] : []),
  ];
  const violations = delivery.violations.flatMap((text) => block(`✗ ${plainLine(text)}`, page));
  return [...block(`${delivery.promise}: ${parts.join(', ')}`, page), ...violations.map(page.paint.red)];
}

function closing(result: LabResult, page: Page): string[] {
  const rows = result.cases.flatMap((one) => one.rows);
  const held = rows.filter((row) => row.holds).length;
  const words = `${plainLine(result.experiment.name)}: the claim ${result.holds ? 'held' : 'did not hold'}, ${formatNumber(held)} of ${countOf(rows.length, 'expectation')}`;
  const paint = result.holds ? page.paint.green : page.paint.red;
  const [first = '', ...rest] = wrapped(words, page.columns - INDENT.length);
  return [
    paint(`${result.holds ? '✓' : '✗'} ${first}`),
    ...rest.map((line) => paint(fitted(INDENT + line, page.columns))),
  ];
}
