import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { ChartData } from '../state/vitals-series.ts';

interface ChartProps {
  readonly title: string;
  readonly data: ChartData;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

const HEIGHT_PX = 132;
const LINE_PX = 1.6;
const AXIS_PX = 44;

/** A sign's last hour, with its limits as dashed lines. */
export function Chart({ title, data, low, high }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const newest = useRef(data);
  const lines = data.length - 1;
  useEffect(() => {
    newest.current = data;
    plot.current?.setData(mutable(data));
  }, [data]);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(element, lines, { low, high }), mutable(newest.current), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [lines, low, high]);
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${summary(data)}`} />
    </figure>
  );
}

const mutable = (data: ChartData) => data.map((one) => [...one]) as uPlot.AlignedData;

/** What a picture cannot say to who does not see it. */
function summary([, values = []]: ChartData): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'nothing in the last hour';
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return `from ${least.toFixed(1)} to ${most.toFixed(1)} in the last hour, now ${known.at(-1)?.toFixed(1)}`;
}

function optionsOf(element: HTMLElement, lines: number, limits: Pick<ChartProps, 'low' | 'high'>): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name);
  const axis = {
    stroke: colour('--dim'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px sans-serif',
  };
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, least, most) => rangeOf(least, most, limits) } },
    axes: [
      { ...axis, values: [[60, '{HH}:{mm}', null, null, null, null, null, null, 1]] },
      { ...axis, size: AXIS_PX },
    ],
    series: [
      {},
      ...Array.from({ length: lines }, () => ({ stroke: colour('--text'), width: LINE_PX, spanGaps: false })),
    ],
    hooks: { drawAxes: [(plot) => drawLimits(plot, limits, colour('--faint'))] },
  };
}

const MARGIN = 0.08;
const LEAST_SPAN = 6;

/** Limits that are far away leave the line its room. */
function rangeOf(
  least: number | null,
  most: number | null,
  { low, high }: Pick<ChartProps, 'low' | 'high'>,
): [number, number] {
  if (least === null || most === null) return [low ?? 0, high ?? 1];
  const span = Math.max(LEAST_SPAN, most - least);
  const near = (limit: number | undefined) => limit !== undefined && limit > least - span && limit < most + span;
  const bottom = Math.min(least, near(low) && low !== undefined ? low : least);
  const top = Math.max(most, near(high) && high !== undefined ? high : most);
  const margin = Math.max(LEAST_SPAN, top - bottom) * MARGIN;
  return [bottom - margin, top + margin];
}

function drawLimits(plot: uPlot, { low, high }: Pick<ChartProps, 'low' | 'high'>, stroke: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const limit of [low, high]) {
    if (limit === undefined) continue;
    const y = plot.valToPos(limit, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}
