import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { colourOf, FONT_PX, FONT_STACK, TITLE_PX } from '../report/chart-theme.ts';
import { formatNumber } from '../report/figures.ts';
import { html } from '../report/html.ts';
import type { Counts, Quality } from './quality.ts';
import { conditionInWords } from './words.ts';

echarts.use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const WIDTH_PX = 760;
const ROW_PX = 34;
const BAR_PX = 12;
const MARGIN_PX = { left: 190, right: 60, top: 84, bottom: 12 };
const PADDING_PX = 12;
/** Without a canvas the width of a text is a guess that may be short by so much. */
const LEGEND_GAP_PX = 40;
/** Title and what stands beneath it. */
const TITLE_HEIGHT_PX = 56;
const ALERTERS = [
  { by: 'naive', name: 'naive thresholds', colour: 'line-2' },
  { by: 'rules', name: 'default rules', colour: 'line-1' },
] as const satisfies readonly { by: keyof Counts; name: string; colour: string }[];

/** Alerts a bed and day, by what they tell of: two bars each, as an SVG that stands alone on a light background. */
export function qualityPicture(quality: Quality): string {
  const { alerts, bedDays } = quality;
  const height = MARGIN_PX.top + alerts.length * ROW_PX + MARGIN_PX.bottom;
  const instance = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH_PX, height });
  try {
    instance.setOption(optionOf(quality));
    const lines = alerts.map(
      (one) =>
        `${conditionInWords(one.condition)}: ${formatNumber(one.naive / bedDays)} and ${formatNumber(one.rules / bedDays)}`,
    );
    const label = html`<svg role="img" aria-label="${`${titleOf(quality)} ${lines.join('; ')}.`}" `.markup;
    return `${withoutScripting(instance.renderToSVGString()).replace('<svg ', label)}\n`;
  } finally {
    instance.dispose();
  }
}

/** What only a page with a pointer and a script needs. */
const withoutScripting = (svg: string) =>
  svg.replace(/<style\b[\s\S]*?<\/style>\s*/g, '').replace(/ (?:class|pointer-events|ecmeta_[a-z_]+)="[^"]*"/g, '');

function titleOf({ all, bedDays }: Quality): string {
  return `Alerts a bed and day: ${formatNumber(all.naive / bedDays)} by naive thresholds, ${formatNumber(all.rules / bedDays)} by the default rules`;
}

function optionOf(quality: Quality) {
  const { alerts, bedDays, recordings } = quality;
  const colour = colourOf('light');
  const text = { color: colour('ink'), fontSize: FONT_PX, fontFamily: FONT_STACK };
  const sets = recordings.map(({ dataset, count }) => `${formatNumber(count)} of ${dataset}`).join(', ');
  return {
    animation: false,
    backgroundColor: colour('paper'),
    title: {
      text: titleOf(quality),
      subtext: `${formatNumber(bedDays)} days of a bed: recordings ${sets}`,
      left: PADDING_PX,
      top: PADDING_PX,
      itemGap: 4,
      textStyle: { ...text, fontSize: TITLE_PX, fontWeight: 600 as const },
      subtextStyle: { ...text, color: colour('muted') },
    },
    legend: {
      top: TITLE_HEIGHT_PX,
      left: PADDING_PX,
      itemGap: LEGEND_GAP_PX,
      itemWidth: BAR_PX,
      itemHeight: BAR_PX,
      textStyle: text,
    },
    grid: { ...MARGIN_PX, outerBoundsMode: 'none' as const },
    xAxis: {
      type: 'value' as const,
      max: 'dataMax' as const,
      axisLabel: { show: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'category' as const,
      inverse: true,
      data: alerts.map(({ condition }) => conditionInWords(condition)),
      axisLine: { lineStyle: { color: colour('axis') } },
      axisTick: { show: false },
      axisLabel: { ...text, interval: 0 },
    },
    series: ALERTERS.map(({ by, name, colour: ofBar }) => ({
      type: 'bar' as const,
      name,
      barWidth: BAR_PX,
      barGap: '10%',
      itemStyle: { color: colour(ofBar) },
      label: {
        show: true,
        position: 'right' as const,
        ...text,
        formatter: ({ value }: { value: unknown }) => formatNumber(Number(value)),
      },
      data: alerts.map((counts) => counts[by] / bedDays),
    })),
  };
}
