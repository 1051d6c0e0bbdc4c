import pc from 'picocolors';
import type { CaseResult, LabResult, VerdictRow } from '../lab-result.ts';
import { wordsOf } from '../subject.ts';
import { columnsOf, fitted, padEndTo, padStartTo, plainLine, wrapped } from './columns.ts';
import { bareFigure, countOf, formatNumber } from './figures.ts';
import { loadInWords } from './load-words.ts';
import { PHASE_NAMES, PHASE_WORDS } from './phase-words.ts';
import { lostIn, lostInWords } from './report-delivery.ts';
import { toxicInWords } from './toxic-words.ts';
import { workersInWords } from './worker-words.ts';

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
/** Units that the words of an expectation say already, or that the figures carry. */
const UNITS_IN_WORDS: readonly string[] = ['', 'share', 'alerts', 'purchases', 'orders', 'units', 'msg'];

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
    ...conditions(one).flatMap((text) => block(plainLine(text), page).map(paint.dim)),
    '',
    ...table,
    '',
    ...deliveryLines(one, page),
    ...one.notes.flatMap((note) => block(plainLine(`! ${note}`), page)),
  ];
}

/** What the phases stood under, and the load where it says more than the experiment's name. */
const conditions = ({ toxics, throughout = [], workers, load }: CaseResult): string[] => [
  ...throughout.map((toxic) => `in all phases: ${toxicInWords(toxic)}`),
  ...toxics.map(toxicInWords),
  ...(workers ? [workersInWords(workers)] : []),
  ...(load.phaseRates ? [loadInWords(load)] : []),
];

/** Measured, in the order of a run. The row names the unit. */
const figuresOf = (row: VerdictRow): string[] =>
  PHASE_NAMES.map((phase) => plainLine(bareFigure(row[phase], row.unit)));
const expectedOf = (row: VerdictRow): string[] => PHASE_NAMES.map((phase) => plainLine(row.expected[phase] ?? ''));
const HEADS = PHASE_NAMES.map((phase) => PHASE_WORDS[phase]);

function rowLines(rows: readonly VerdictRow[], page: Page): string[] {
  const shown = rows.map((row) => [figuresOf(row), expectedOf(row)] as const);
  const widths = HEADS.map((head, at) =>
    Math.max(columnsOf(head), ...shown.flatMap((lines) => lines.map((cells) => columnsOf(cells[at] ?? '')))),
  );
  const taken = widths.reduce((sum, width) => sum + GAP.length + width, INDENT.length + GAP.length + VERDICT_COLUMNS);
  const room = page.columns - taken;
  if (room < LEAST_EXPECTATION_COLUMNS) return rows.flatMap((row) => stacked(row, page));
  const aligned = (cells: readonly string[]) =>
    cells.map((cell, at) => GAP + padStartTo(cell, widths[at] ?? 0)).join('');
  return [
    page.paint.dim(INDENT + padEndTo('measured', room) + aligned(HEADS)),
    page.paint.dim(`${INDENT}expected beneath; 5× is five times the baseline`),
    ...rows.flatMap((row, at) => {
      const [first = '', second = '', ...rest] = wrapped(titleOf(row), room);
      const [figures = [], expected = []] = shown[at] ?? [];
      const beneath = expected.some(Boolean)
        ? padEndTo(second, room) + page.paint.dim(aligned(expected).trimEnd())
        : second;
      return [
        `${sign(row.holds, page)} ${padEndTo(first, room)}${aligned(figures)}${GAP}${verdictWord(row.holds, page)}`,
        ...(beneath === '' ? [] : [INDENT + beneath]),
        ...rest.map((text) => INDENT + text),
        ...remarks(row, page),
      ];
    }),
  ];
}

/** What is asked, with its unit where that is not in the words. */
function titleOf({ expectation, unit }: VerdictRow): string {
  return plainLine(UNITS_IN_WORDS.includes(unit) ? expectation : `${expectation}, ${unit}`);
}

function stacked(row: VerdictRow, page: Page): string[] {
  const expected = expectedOf(row);
  const figures = figuresOf(row).map(
    (figure, at) => `${HEADS[at]} ${figure}${expected[at] ? ` (expected ${expected[at]})` : ''}`,
  );
  const [first = '', ...rest] = wrapped(`${titleOf(row)}: ${row.holds ? 'holds' : 'fails'}`, page.columns - 2);
  return [
    `${sign(row.holds, page)} ${first}`,
    ...rest.map((text) => INDENT + text),
    ...block(figures.join(', '), page),
    ...remarks(row, page),
  ];
}

const remarks = ({ reason, note }: VerdictRow, page: Page): string[] => [
  ...(reason === undefined ? [] : block(plainLine(reason), page, INDENT + INDENT).map(page.paint.red)),
  ...(note === undefined ? [] : block(plainLine(note), page, INDENT + INDENT).map(page.paint.dim)),
];

/** The text in lines, each indented. */
const block = (text: string, page: Page, indent = INDENT): string[] =>
  wrapped(text, page.columns - indent.length).map((line) => indent + line);

const sign = (holds: boolean, { paint }: Page): string => (holds ? paint.green('✓') : paint.red('✗'));
const verdictWord = (holds: boolean, { paint }: Page): string => (holds ? paint.green('holds') : paint.red('fails'));

function deliveryLines({ delivery }: CaseResult, page: Page): string[] {
  const words = wordsOf(delivery.subject);
  const owners = delivery.lostByOwner.filter(({ lost }) => lost.length > 0).length;
  const lost = lostIn(delivery);
  const known = lostInWords(delivery);
  const parts = [
    `${formatNumber(delivery.sent)} sent`,
    `${formatNumber(delivery.acknowledged)} acknowledged`,
    `${formatNumber(delivery.delivered)} ${words.delivered}`,
    lost > 0
      ? `${formatNumber(lost)} ${words.lost} (${[countOf(owners, words.owner, words.owners), known].filter(Boolean).join('; ')})`
      : `0 ${words.lost}`,
    `${formatNumber(delivery.duplicated)} ${words.delivered} twice`,
    ...(delivery.phantom > 0 ? [`${formatNumber(delivery.phantom)} ${words.delivered} and never sent`] : []),
  ];
  const violations = delivery.violations.flatMap((text) => block(`✗ ${plainLine(text)}`, page));
  const promise = delivery.promise === 'none' ? 'no promise' : delivery.promise;
  return [...block(`${promise}: ${parts.join(', ')}`, page), ...violations.map(page.paint.red)];
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
