import { renderChart } from '../../lab/report/chart.ts';
import { type ChartTheme, colourOf, FONT_STACK } from '../../lab/report/chart-theme.ts';
import { formatFigure } from '../../lab/report/figures.ts';
import { html, type Markup, trusted } from '../../lab/report/html.ts';
import type { DashboardFile, PanelFile } from './dashboard-file.ts';
import { type DrawnPanel, readPanel } from './panel-data.ts';

export interface PictureOptions {
  /** Seconds since 1970. */
  readonly fromS: number;
  readonly toS: number;
  /** For `$__rate_interval`: four times what Prometheus scrapes in. Default: of the compose file, which scrapes each 5 s. */
  readonly rateSeconds?: number;
  readonly theme?: Exclude<ChartTheme, 'page'>;
  /** Draws only these sections, by their titles. Default: all. */
  readonly sections?: readonly string[];
}

const RATE_SECONDS = 20;
/** Grafana's grid has 24 columns. */
const COLUMN_PX = 60;
const ROW_PX = 30;
const GAP_PX = 16;
const MARGIN_PX = 20;
const TITLE_PX = 52;
const COLUMNS = 24;
/** Of a figure's tile, from its top. */
const FIGURE_TITLE_PX = 22;
const FIGURE_VALUE_PX = 70;

/**
 * A Grafana dashboard as one SVG: asks Prometheus what Grafana would for this time, and draws each panel at its place in the grid.
 * Throws when Prometheus does not answer or does not take a query; a panel without data says so.
 */
export async function drawDashboard(
  dashboard: DashboardFile,
  prometheusUrl: string,
  options: PictureOptions,
): Promise<string> {
  const { fromS, toS, rateSeconds = RATE_SECONDS, theme = 'light' } = options;
  const colour = colourOf(theme);
  const panels = inSections(dashboard.panels, options.sections);
  const shift = Math.min(...panels.map(({ gridPos }) => gridPos.y));
  const parts: Markup[] = [];
  for (const panel of panels) {
    const { x, y, w, h } = panel.gridPos;
    const left = MARGIN_PX + x * COLUMN_PX;
    const top = TITLE_PX + MARGIN_PX + (y - shift) * ROW_PX;
    const size = { width: w * COLUMN_PX - GAP_PX, height: h * ROW_PX - GAP_PX };
    const content =
      panel.type === 'row'
        ? rowTitle(panel, colour('muted'))
        : drawn(panel, await readPanel(panel, prometheusUrl, { fromS, toS, rateSeconds }), { ...size, theme });
    parts.push(html`<g transform="translate(${left} ${top})">${content}</g>`);
  }
  const bottom = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) - shift;
  const width = 2 * MARGIN_PX + COLUMNS * COLUMN_PX - GAP_PX;
  const height = TITLE_PX + 2 * MARGIN_PX + bottom * ROW_PX;
  const title = html`<text x="${MARGIN_PX}" y="44" font-size="22" font-weight="600" fill="${colour('ink')}">${dashboard.title}</text>`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${dashboard.title}" font-family="${FONT_STACK}"><rect width="${width}" height="${height}" fill="${colour('paper')}"/>${title}${parts}</svg>\n`
    .markup;
}

/** Rows and what follows each, for the sections that are asked for. */
function inSections(panels: readonly PanelFile[], wanted: readonly string[] | undefined): PanelFile[] {
  let taken = true;
  return panels.filter((panel) => {
    if (panel.type === 'row') taken = wanted?.includes(panel.title) ?? true;
    return taken;
  });
}

function rowTitle(panel: PanelFile, fill: string): Markup {
  return html`<text x="0" y="20" font-size="14" font-weight="600" fill="${fill}">${panel.title}</text>`;
}

interface Tile {
  width: number;
  height: number;
  theme: Exclude<ChartTheme, 'page'>;
}

function drawn(panel: PanelFile, data: DrawnPanel, { width, height, theme }: Tile): Markup {
  if (panel.type === 'timeseries') {
    const chart = { title: panel.title, unit: data.unit, series: data.series };
    return trusted(renderChart(chart, { phases: [], marks: [], width, height, theme }));
  }
  const colour = colourOf(theme);
  const last = data.series[0]?.points.at(-1)?.[1];
  const frame = html`<rect width="${width}" height="${height}" rx="4" fill="${colour('quiet-plot')}" stroke="${colour('grid')}"/>`;
  const title = html`<text x="12" y="${FIGURE_TITLE_PX}" font-size="12" fill="${colour('muted')}">${panel.title}</text>`;
  const value = html`<text x="12" y="${FIGURE_VALUE_PX}" font-size="30" font-weight="600" fill="${colour('line-1')}">${formatFigure(last, data.unit)}</text>`;
  return html`${frame}${title}${value}`;
}
