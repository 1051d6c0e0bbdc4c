import { describe, expect, test } from 'vitest';
import type { Chart } from '../lab-result.ts';
import { renderChart } from './chart.ts';
import { axisNumber } from './chart-lines.ts';
import { type Element, findAll, only, parseMarkup, withTag } from './testing/parse-markup.ts';
import { chartOf, PHASES } from './testing/sample-series.ts';

const SIZE = { width: 590, height: 280 };
const steady = chartOf('Messages', '/s', {
  sent: { baseline: 45, fault: 45, recovery: 45 },
  received: { baseline: 45, fault: 40, recovery: 45 },
});
const drawn = (chart: Chart, marks: { atS: number; label: string }[] = []): Element =>
  only(parseMarkup(renderChart(chart, { phases: PHASES, marks, ...SIZE })).children);
const part = (svg: Element, name: string, value: string): Element =>
  only(findAll(svg, ({ attributes }) => attributes[name] === value));
const points = (...values: (number | null)[]): Chart => ({
  title: 'One',
  unit: 'ms',
  series: [{ name: 'p95', points: values.map((value, at) => [at * 10, value] as const) }],
});
/** The line's path: the only one that is as thick. */
const linePath = (svg: Element): string | undefined =>
  withTag(svg, 'path').find(({ attributes }) => attributes['stroke-width'] === '1.8')?.attributes['d'];

describe('phases', () => {
  test('each is shaded over its own time, from top to bottom, and named in words', () => {
    const svg = drawn(steady);
    const shades = PHASES.map(({ name }) => part(svg, 'data-phase', name));
    expect(shades.map((shade) => withTag(shade, 'text')[0]?.text)).toEqual(['baseline', 'under fault', 'after']);
    const spans = shades.map((shade) => withTag(shade, 'rect').map(({ attributes }) => Number(attributes['x'])));
    const third = (SIZE.width - 46 - 16) / 3;
    for (const [index, xs] of spans.entries()) for (const x of xs) expect(x).toBeCloseTo(46 + index * third, 0);
    expect(withTag(shades[1] as Element, 'rect')[1]?.attributes['fill']).toContain('fault');
  });

  test('quiet times between phases are not shaded', () => {
    const phases = [
      { name: 'baseline' as const, fromS: 3, toS: 23 },
      { name: 'fault' as const, fromS: 29, toS: 49 },
    ];
    const svg = parseMarkup(renderChart(points(1, 2, 3), { phases, marks: [], width: 546 + 62 - 46, height: 280 }));
    const [baseline, fault] = phases.map(({ name }) => withTag(part(svg, 'data-phase', name), 'rect')[1]?.attributes);
    expect(Number(baseline?.['x']) + Number(baseline?.['width'])).toBeLessThan(Number(fault?.['x']) - 50);
  });
});

describe('lines', () => {
  test('a second in which nothing was measured is a gap', () => {
    expect(linePath(drawn(points(1, 2, 3, 4, 5)))?.match(/M/g)).toHaveLength(1);
    expect(linePath(drawn(points(1, 2, null, 4, 5)))?.match(/M/g)).toHaveLength(2);
    expect(linePath(drawn(points(1, 2, Number.NaN, 4, 5)))?.match(/M/g)).toHaveLength(2);
  });

  test('a value alone between gaps is a dot', () => {
    const dots = (chart: Chart) =>
      withTag(drawn(chart), 'path').filter(({ attributes }) => attributes['fill']?.includes('line-1')).length;
    expect(dots(points(1, 2, 3, 4, 5))).toBe(0);
    expect(dots(points(1, 2, null, 4, null))).toBe(1);
  });

  test('a chart without a single value says so', () => {
    expect(drawn(points(null, null)).text).toContain('nothing was measured');
    expect(drawn({ title: 'None', unit: 'ms', series: [] }).text).toContain('nothing was measured');
    expect(drawn(points(0, null)).text).not.toContain('nothing was measured');
  });

  test('several are told apart by dashes as well, and named in a legend', () => {
    const legend = part(drawn(steady), 'data-part', 'legend');
    expect(legend.text).toBe('sentreceived');
    expect(new Set(withTag(legend, 'path').map(({ attributes }) => attributes['stroke-dasharray'])).size).toBe(2);
  });

  test('labels of values are short', () => {
    expect([0, 1500, 25_000, 1_200_000, 0.0002].map(axisNumber)).toEqual(['0', '1,500', '25k', '1.2M', '2e-4']);
  });
});

test('a mark is a line at its time that says what happened', () => {
  const svg = drawn(steady, [{ atS: 60, label: 'drop in' }]);
  const mark = part(svg, 'data-mark', '1');
  expect(withTag(mark, 'title')[0]?.text).toBe('60 s: drop in');
  expect(withTag(mark, 'path')[0]?.attributes['d']).toContain(`M${46 + (SIZE.width - 62) / 2} `);
  expect(part(svg, 'data-part', 'marks').text).toContain('drop in');
});

test('those who do not see it get its figures by phase', () => {
  const label = drawn(points(10, 20, 30, 40, 300)).attributes['aria-label'];
  expect(label).toBe(
    'One. p95: baseline mean 25 ms, highest 40 ms; under fault mean 300 ms, highest 300 ms; after nothing measured.',
  );
});

test('hostile names stay text, and no chart brings an id, a style or a script into the page', () => {
  const evil = '</text><script>alert(1)</script>" onload="x" \u0000\u202e';
  const chart: Chart = {
    title: evil,
    unit: evil,
    series: [
      { name: evil, points: [[0, 1]] },
      { name: evil, points: [] },
    ],
  };
  const svg = drawn(chart, [{ atS: 1, label: evil }]);
  for (const tag of ['script', 'style', 'foreignobject']) expect(withTag(svg, tag)).toEqual([]);
  const all = [svg, ...findAll(svg, () => true)];
  expect(all.filter(({ attributes }) => attributes['id'] !== undefined || 'onload' in attributes)).toEqual([]);
  expect(renderChart(chart, { phases: PHASES, marks: [], ...SIZE })).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
});

test.each(['light', 'dark'] as const)('a picture of theme %s has its own background and colours', (theme) => {
  const svg = renderChart(steady, { phases: PHASES, marks: [], ...SIZE, theme });
  expect(svg).not.toContain('var(');
  const [background] = withTag(parseMarkup(svg), 'rect');
  expect(background?.attributes).toMatchObject({ width: '590', height: '280' });
});
