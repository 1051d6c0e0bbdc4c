/** `page` takes its colours from the page's CSS variables (`--chart-ink` …), light or dark; the others stand alone. */
export type ChartTheme = 'page' | 'light' | 'dark';

/** Text and lines have a contrast of at least 4.5 : 1 and 3 : 1 on `paper` (WCAG 2.2, 1.4.3 and 1.4.11). */
const LIGHT = {
  paper: '#ffffff',
  ink: '#16252b',
  muted: '#56666c',
  grid: '#e3e9ea',
  axis: '#aab6b9',
  'quiet-plot': '#f7f9f9',
  'quiet-strip': '#eaf0f0',
  fault: '#b3261e',
  'fault-plot': '#fbeeed',
  'fault-strip': '#f4d6d4',
  mark: '#7a4a00',
  'line-1': '#0b6e74',
  'line-2': '#b4540a',
  'line-3': '#5b4b9a',
  'line-4': '#3d4f57',
};
const DARK: typeof LIGHT = {
  paper: '#152025',
  ink: '#e6eef0',
  muted: '#9fb0b6',
  grid: '#2a383e',
  axis: '#56686f',
  'quiet-plot': '#18242a',
  'quiet-strip': '#22323a',
  fault: '#ff8a80',
  'fault-plot': '#33211f',
  'fault-strip': '#4d2926',
  mark: '#f2bf6d',
  'line-1': '#4fc3c0',
  'line-2': '#ffab66',
  'line-3': '#b7a8f2',
  'line-4': '#c3d0d5',
};

export type ChartColour = keyof typeof LIGHT;

/** The colour as an SVG attribute takes it. */
export function colourOf(theme: ChartTheme): (name: ChartColour) => string {
  if (theme === 'page') return (name) => `var(--chart-${name}, ${LIGHT[name]})`;
  return (name) => (theme === 'light' ? LIGHT : DARK)[name];
}

/** The declarations that a page with charts of theme `page` needs. */
export function chartVariables(theme: 'light' | 'dark'): string {
  const colours = Object.entries(theme === 'light' ? LIGHT : DARK);
  return colours.map(([name, value]) => `--chart-${name}: ${value};`).join(' ');
}

const SERIES_COLOURS: readonly ChartColour[] = ['line-1', 'line-2', 'line-3', 'line-4'];
/** Dashes tell the lines apart without colour; the first is solid. */
const SERIES_DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [9, 3, 2, 3], [14, 4], [4, 7], [1, 6]];

export interface SeriesStyle {
  readonly colour: ChartColour;
  readonly dash: readonly number[];
}

/** Colour and dash of the n-th series; 4 colours and 7 dashes give 28 pairs before one comes again. */
export function seriesStyle(index: number): SeriesStyle {
  return {
    colour: SERIES_COLOURS[index % SERIES_COLOURS.length] ?? 'line-1',
    dash: SERIES_DASHES[index % SERIES_DASHES.length] ?? [],
  };
}

/** No web font: what the reader's system has. */
export const FONT_STACK =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif";
export const FONT_PX = 12;
export const TITLE_PX = 13;

/** Width of an average character in em, of the widest of these fonts (DejaVu Sans, Verdana), so that no label is longer than reckoned. */
const EM_PER_COLUMN = 0.64;
const EM_PER_BOLD_COLUMN = 0.71;

export const columnPx = (fontPx: number = FONT_PX, bold = false): number =>
  fontPx * (bold ? EM_PER_BOLD_COLUMN : EM_PER_COLUMN);
