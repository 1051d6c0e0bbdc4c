import { LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Chart, Series } from '../lab-result.ts';
import { type ChartTheme, colourOf, FONT_PX, FONT_STACK, seriesStyle } from './chart-theme.ts';
import { formatNumber, inAxisUnit } from './figures.ts';

echarts.use([LineChart, GridComponent, SVGRenderer]);

/** The plot's place in the picture, and the time it covers. */
export interface PlotBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly fromS: number;
  readonly toS: number;
}

const LINE_PX = 1.8;
/** A value with nothing measured on either side of it has no line; it is shown as a dot. */
const DOT_PX = 5;
const Y_TICKS = 4;
/** A label of the time axis needs about this much. */
const PX_PER_X_TICK = 75;
const THOUSAND = 1e3;
const MILLION = 1e6;
/** From here on axis labels are in thousands, so that they fit beside the plot. */
const THOUSANDS_FROM = 10_000;
const SMALLEST_PLAIN = 0.001;

/** Axes, grid and lines of a chart as SVG elements, without the svg element around them. */
export function renderLines(
  chart: Chart,
  box: PlotBox,
  size: { readonly width: number; readonly height: number },
  theme: ChartTheme,
): string {
  const instance = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    instance.setOption(optionOf(chart, box, theme));
    return inner(instance.renderToSVGString());
  } finally {
    instance.dispose();
  }
}

function optionOf(chart: Chart, box: PlotBox, theme: ChartTheme) {
  const colour = colourOf(theme);
  const label = { color: colour('muted'), fontSize: FONT_PX, fontFamily: FONT_STACK };
  return {
    animation: false,
    backgroundColor: 'transparent',
    grid: { left: box.left, top: box.top, width: box.width, height: box.height, outerBoundsMode: 'none' as const },
    xAxis: {
      type: 'value' as const,
      min: box.fromS,
      max: box.toS,
      splitNumber: Math.max(2, Math.floor(box.width / PX_PER_X_TICK)),
      splitLine: { show: false },
      axisLine: { lineStyle: { color: colour('axis') } },
      axisTick: { lineStyle: { color: colour('axis') } },
      axisLabel: { ...label, hideOverlap: true, formatter: (value: number) => `${formatNumber(value)} s` },
    },
    yAxis: {
      type: 'value' as const,
      splitNumber: Y_TICKS,
      splitLine: { lineStyle: { color: colour('grid') } },
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...label, formatter: axisNumber },
    },
    series: chart.series.map((series, index) => lineOf(series, index, chart.unit, box, theme)),
  };
}

function lineOf(series: Series, index: number, unit: string, box: PlotBox, theme: ChartTheme) {
  const { colour, dash } = seriesStyle(index);
  const color = colourOf(theme)(colour);
  const points = pointsWithin(series, box);
  const missing = (at: number) => (points[at]?.[1] ?? null) === null;
  return {
    type: 'line' as const,
    silent: true,
    emphasis: { disabled: true },
    symbol: 'none',
    connectNulls: false,
    lineStyle: { color, width: LINE_PX, type: dash.length === 0 ? ('solid' as const) : [...dash] },
    itemStyle: { color },
    data: points.map(([atS, value], at) => {
      const plotted = [atS, value === null ? null : inAxisUnit(value, unit)];
      const alone = value !== null && missing(at - 1) && missing(at + 1);
      return alone ? { value: plotted, symbol: 'circle', symbolSize: DOT_PX } : plotted;
    }),
  };
}

/** The points of the time shown, in its order; what is no number counts as not measured. */
export function pointsWithin(series: Series, box: Pick<PlotBox, 'fromS' | 'toS'>): [number, number | null][] {
  return series.points
    .filter(([atS]) => atS >= box.fromS && atS <= box.toS)
    .map(([atS, value]): [number, number | null] => [atS, value !== null && Number.isFinite(value) ? value : null])
    .toSorted((one, other) => one[0] - other[0]);
}

/** `1,500`, `25k`, `1.2M`: short enough to stand beside the plot. */
export function axisNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= MILLION) return `${formatNumber(value / MILLION)}M`;
  if (size >= THOUSANDS_FROM) return `${formatNumber(value / THOUSAND)}k`;
  if (size > 0 && size < SMALLEST_PLAIN) return value.toExponential(0);
  return formatNumber(value);
}

/**
 * Without what the picture does not need: the svg element and background (the frame has its own), hover styles, data for
 * scripts, and clip paths (all points lie within the axes), whose ids would be the same in every picture of a page.
 */
function inner(svg: string): string {
  return svg
    .replace(/^<svg[^>]*>\s*/, '')
    .replace(/^<rect[^>]*><\/rect>\s*/, '')
    .replace(/\s*<\/svg>\s*$/, '')
    .replace(/<defs\b[\s\S]*?<\/defs>/g, '')
    .replace(/<style\b[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class|clip-path|pointer-events|ecmeta_[a-z_]+)="[^"]*"/g, '')
    .replace(/ style="font-size:\d+px;font-family:[^"]*;"/g, ` font-size="${FONT_PX}"`)
    .replace(/\n\s*/g, '');
}
