import type { Chart, Mark, PhaseSpan } from '../lab-result.ts';
import { type PlotBox, pointsWithin, renderLines } from './chart-lines.ts';
import { layoutMarks, type MarkLayout } from './chart-marks.ts';
import { chartInWords } from './chart-summary.ts';
import { type ChartTheme, colourOf, columnPx, FONT_PX, FONT_STACK, seriesStyle, TITLE_PX } from './chart-theme.ts';
import { columnsOf, fitted, plainLine, wrapped } from './columns.ts';
import { formatNumber, unitLabel } from './figures.ts';
import { html, type Markup, nothing, trusted } from './html.ts';
import { PHASE_WORDS } from './phase-words.ts';

export interface ChartOptions {
  readonly phases: readonly PhaseSpan[];
  readonly marks: readonly Mark[];
  readonly width: number;
  readonly height: number;
  /** `page` unless given: colours from the page's CSS variables. `light` and `dark` have a background of their own. */
  readonly theme?: ChartTheme;
}

/** Beside the plot: the labels of the values, and half a label of the time. */
const LEFT_PX = 46;
const RIGHT_PX = 16;
const BOTTOM_PX = 26;
/** Between the title and what follows. */
const TITLE_GAP_PX = 6;
const ROW_PX = 16;
/** The strip above the plot with the phases' names. */
const STRIP_PX = 18;
const BASELINE_OFFSET_PX = 12;
const LEGEND_SAMPLE_PX = 22;
const LEGEND_GAP_PX = 16;
const SMALLEST_PLOT_PX = 40;
/** Marks too many for words must not hide the curves. */
const NUMBERED_MARK_OPACITY = 0.55;
/** Keeps words legible on the lines behind them. */
const HALO_PX = 5;

type Colour = ReturnType<typeof colourOf>;

/**
 * A chart over time as one SVG element: title and unit, a legend when there are several series, the phases shaded and named,
 * marks as lines with their labels, gaps where nothing was measured, and the whole in words as its label for screen readers.
 * It has no ids, scripts or styles, so any number of them go into one page; text from outside is escaped.
 */
export function renderChart(chart: Chart, options: ChartOptions): string {
  const { phases, marks, width, height, theme = 'page' } = options;
  const colour = colourOf(theme);
  const span = spanOf(chart, phases);
  const plotWidth = width - LEFT_PX - RIGHT_PX;
  const xOf = (atS: number) => LEFT_PX + ((atS - span.fromS) / (span.toS - span.fromS)) * plotWidth;
  const title = headingOf(chart, width);
  const legend = legendRows(chart, width);
  const layout = layoutMarks(marks, { xOf, left: LEFT_PX, right: LEFT_PX + plotWidth });
  const legendTop = title.lines.length * ROW_PX + TITLE_GAP_PX;
  const labelTop = legendTop + legend.length * ROW_PX;
  const stripTop = labelTop + layout.rows * ROW_PX;
  const top = stripTop + STRIP_PX;
  const box: PlotBox = {
    ...span,
    left: LEFT_PX,
    top,
    width: plotWidth,
    height: Math.max(SMALLEST_PLOT_PX, height - top - BOTTOM_PX),
  };
  const content = [
    theme === 'page' ? nothing : html`<rect width="${width}" height="${height}" fill="${colour('paper')}"/>`,
    headingRows(title, width, colour),
    ...legend.map((row, index) => legendRow(row, legendTop + index * ROW_PX, colour)),
    ...phases.map((phase) => phaseShade(phase, { xOf, stripTop, box, colour })),
    markLines(layout, { labelTop, stripTop, box, colour }),
    trusted(renderLines(chart, box, { width, height }, theme)),
    isEmpty(chart, box) ? emptyNote(box, colour) : nothing,
  ];
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${chartInWords(chart, phases)}" font-family="${FONT_STACK}" font-size="${FONT_PX}">${content}</svg>`
    .markup;
}

/** The time shown: from the begin of the load to the last phase's end or the last point. */
function spanOf(chart: Chart, phases: readonly PhaseSpan[]): { fromS: number; toS: number } {
  const ends = phases.map(({ toS }) => toS);
  const points = chart.series.flatMap((series) => series.points.map(([atS]) => atS));
  const toS = [...ends, ...points].reduce((most, at) => Math.max(most, at), 0);
  return { fromS: 0, toS: toS > 0 ? toS : 1 };
}

interface Heading {
  readonly title: string;
  readonly lines: readonly string[];
  readonly unit: string;
}

function headingOf(chart: Chart, width: number): Heading {
  const unit = plainLine(unitLabel(chart.unit));
  const unitPx = unit === '' ? 0 : columnsOf(unit) * columnPx() + LEGEND_GAP_PX;
  const room = Math.floor((width - unitPx) / columnPx(TITLE_PX, true));
  const title = plainLine(chart.title);
  const [first = '', ...rest] = wrapped(title, room);
  return { title, unit, lines: rest.length === 0 ? [first] : [first, fitted(rest.join(' '), room)] };
}

function headingRows({ title, lines, unit }: Heading, width: number, colour: Colour): Markup {
  const rows = lines.map(
    (line, index) =>
      html`<text x="0" y="${BASELINE_OFFSET_PX + index * ROW_PX}" font-size="${TITLE_PX}" font-weight="600" fill="${colour('ink')}">${line}</text>`,
  );
  const unitText = html`<text x="${width - RIGHT_PX}" y="${BASELINE_OFFSET_PX}" text-anchor="end" fill="${colour('muted')}">${unit}</text>`;
  return html`<g data-part="heading"><title>${title}</title>${rows}${unit === '' ? nothing : unitText}</g>`;
}

interface LegendItem {
  readonly name: string;
  readonly index: number;
  readonly x: number;
}

/** The names of the series in as many rows as they need; one series needs none. */
function legendRows(chart: Chart, width: number): LegendItem[][] {
  if (chart.series.length < 2) return [];
  const rows: LegendItem[][] = [];
  const roomColumns = Math.floor((width - LEGEND_SAMPLE_PX) / columnPx());
  let x = Number.POSITIVE_INFINITY;
  for (const [index, series] of chart.series.entries()) {
    const name = fitted(plainLine(series.name), roomColumns);
    const itemPx = LEGEND_SAMPLE_PX + columnsOf(name) * columnPx();
    if (x + itemPx > width) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)?.push({ name, index, x });
    x += itemPx + LEGEND_GAP_PX;
  }
  return rows;
}

function legendRow(row: readonly LegendItem[], top: number, colour: Colour): Markup {
  const y = top + BASELINE_OFFSET_PX;
  const items = row.map(({ name, index, x }) => {
    const style = seriesStyle(index);
    const sample = html`<path d="M${x} ${y - 4}h16" stroke="${colour(style.colour)}" stroke-width="2" stroke-dasharray="${style.dash.join(' ') || 'none'}"/>`;
    return html`${sample}<text x="${x + LEGEND_SAMPLE_PX}" y="${y}" fill="${colour('ink')}">${name}</text>`;
  });
  return html`<g data-part="legend">${items}</g>`;
}

interface Frame {
  readonly xOf: (atS: number) => number;
  readonly stripTop: number;
  readonly box: PlotBox;
  readonly colour: Colour;
}

function phaseShade(phase: PhaseSpan, { xOf, stripTop, box, colour }: Frame): Markup {
  const x = round(xOf(phase.fromS));
  const width = round(Math.max(0, xOf(phase.toS) - xOf(phase.fromS)));
  const fault = phase.name === 'fault';
  const words = PHASE_WORDS[phase.name];
  const shown = fitted(words, Math.floor(width / columnPx()));
  const strip = colour(fault ? 'fault-strip' : 'quiet-strip');
  const plot = colour(fault ? 'fault-plot' : 'quiet-plot');
  const text = html`<text x="${round(x + width / 2)}" y="${stripTop + BASELINE_OFFSET_PX + 1}" text-anchor="middle" fill="${colour(fault ? 'fault' : 'muted')}"${fault ? trusted(' font-weight="600"') : nothing}>${shown}</text>`;
  return html`<g data-phase="${phase.name}"><title>${`${words}: ${formatNumber(phase.fromS)} to ${formatNumber(phase.toS)} s`}</title><rect x="${x}" y="${stripTop}" width="${width}" height="${STRIP_PX}" fill="${strip}"/><rect x="${x}" y="${box.top}" width="${width}" height="${box.height}" fill="${plot}"/>${text}</g>`;
}

interface MarkFrame extends Omit<Frame, 'xOf'> {
  readonly labelTop: number;
}

/** Lines leave out the strip, where the phases' names stand. */
function markLines(layout: MarkLayout, { labelTop, stripTop, box, colour }: MarkFrame): Markup {
  const bottom = round(box.top + box.height);
  const lines = layout.lines.map(({ x, row, mark }) => {
    const said = `${formatNumber(mark.atS)} s: ${plainLine(mark.label)}`;
    const above = row === undefined ? '' : `M${round(x)} ${labelTop + row * ROW_PX + 2}V${stripTop}`;
    return html`<g data-mark="${mark.number}"><title>${said}</title><path d="${above}M${round(x)} ${box.top}V${bottom}" stroke="${colour('mark')}" stroke-width="1" stroke-dasharray="3 2" stroke-opacity="${row === undefined ? NUMBERED_MARK_OPACITY : 1}" fill="none"/></g>`;
  });
  const labels = layout.labels.map(
    ({ x, row, text }) =>
      html`<text x="${round(x)}" y="${labelTop + row * ROW_PX + BASELINE_OFFSET_PX}" fill="${colour('mark')}">${text}</text>`,
  );
  return html`<g data-part="marks">${lines}${labels}</g>`;
}

function isEmpty(chart: Chart, box: PlotBox): boolean {
  return chart.series.every((series) => pointsWithin(series, box).every(([, value]) => value === null));
}

function emptyNote(box: PlotBox, colour: Colour): Markup {
  return html`<text x="${round(box.left + box.width / 2)}" y="${round(box.top + box.height / 2)}" text-anchor="middle" fill="${colour('muted')}" stroke="${colour('paper')}" stroke-width="${HALO_PX}" paint-order="stroke">nothing was measured</text>`;
}

const TENTHS = 10;
const round = (px: number): number => Math.round(px * TENTHS) / TENTHS;
