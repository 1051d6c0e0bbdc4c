import { type Dashboard, type Panel, promqlOf, type Query } from './dashboard.ts';

/** The uid that deploy/grafana/provisioning gives the Prometheus of the compose file. */
export const DATASOURCE_UID = 'heartline-prometheus';
const DATASOURCE = { type: 'prometheus', uid: DATASOURCE_UID } as const;

/** Of the classic dashboard model, as Grafana 12.1 exports it. */
const SCHEMA_VERSION = 41;
/** Grafana's grid. */
const GRID_COLUMNS = 24;
const SIZES = { stat: { w: 4, h: 4 }, timeseries: { w: 8, h: 8 } } as const;
const ROW_HEIGHT = 1;

interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface PlacedPanel {
  readonly panel: Panel;
  readonly at: GridPosition;
}

export interface PlacedSection {
  readonly title: string;
  readonly at: GridPosition;
  readonly panels: readonly PlacedPanel[];
}

/** Puts each section under a row of its own, its panels from left to right. All panels of a line have the height of the highest. */
export function placed(dashboard: Dashboard): PlacedSection[] {
  let y = 0;
  return dashboard.sections.map(({ title, panels }) => {
    const at = { x: 0, y, w: GRID_COLUMNS, h: ROW_HEIGHT };
    y += ROW_HEIGHT;
    let x = 0;
    let lineHeight = 0;
    const inSection = panels.map((panel) => {
      const { w, h } = SIZES[panel.kind];
      if (x + w > GRID_COLUMNS) {
        y += lineHeight;
        x = 0;
        lineHeight = 0;
      }
      const place = { x, y, w, h };
      x += w;
      lineHeight = Math.max(lineHeight, h);
      return { panel, at: place };
    });
    y += lineHeight;
    return { title, at, panels: inSection };
  });
}

function targetOf(query: Query, index: number, kind: Panel['kind']) {
  return {
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    datasource: DATASOURCE,
    editorMode: 'code',
    expr: promqlOf(query),
    legendFormat: query.legend,
    instant: kind === 'stat',
    range: kind === 'timeseries',
  };
}

/** Lines are drawn where a figure gets bad; a figure takes the colour. */
function defaultsOf({ kind, queries, thresholds }: Panel) {
  const steps = [{ color: 'green', value: null }, ...thresholds.map(({ color, value }) => ({ color, value }))];
  const unit = queries[0]?.unit ?? 'none';
  const common = { unit, min: 0, thresholds: { mode: 'absolute', steps } };
  if (kind === 'stat') return { ...common, color: { mode: 'thresholds' } };
  const custom = {
    drawStyle: 'line',
    lineWidth: 2,
    fillOpacity: 8,
    showPoints: 'never',
    spanNulls: false,
    thresholdsStyle: { mode: thresholds.length > 0 ? 'dashed' : 'off' },
  };
  return { ...common, color: { mode: 'palette-classic' }, custom };
}

function optionsOf(kind: Panel['kind']) {
  if (kind === 'stat') {
    const reduceOptions = { calcs: ['lastNotNull'], fields: '', values: false };
    return { reduceOptions, colorMode: 'value', graphMode: 'none', textMode: 'value' };
  }
  return {
    legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] },
    tooltip: { mode: 'multi', sort: 'desc' },
  };
}

function panelJson({ panel, at }: PlacedPanel, id: number) {
  return {
    id,
    type: panel.kind,
    title: panel.title,
    description: panel.description,
    datasource: DATASOURCE,
    gridPos: { h: at.h, w: at.w, x: at.x, y: at.y },
    fieldConfig: { defaults: defaultsOf(panel), overrides: [] },
    options: optionsOf(panel.kind),
    targets: panel.queries.map((query, index) => targetOf(query, index, panel.kind)),
  };
}

function rowJson({ title, at }: PlacedSection, id: number) {
  return { id, type: 'row', title, collapsed: false, gridPos: { h: at.h, w: at.w, x: at.x, y: at.y }, panels: [] };
}

/** The dashboard in Grafana's classic JSON model: the content of deploy/grafana/dashboards/<name>.json. */
export function renderDashboard(dashboard: Dashboard): string {
  let id = 0;
  const nextId = () => {
    id += 1;
    return id;
  };
  const panels = placed(dashboard).flatMap((section) => [
    rowJson(section, nextId()),
    ...section.panels.map((each) => panelJson(each, nextId())),
  ]);
  const model = {
    uid: `heartline-${dashboard.name}`,
    title: dashboard.title,
    description: dashboard.description,
    tags: ['heartline'],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: false,
    graphTooltip: 1,
    timezone: 'browser',
    refresh: '5s',
    time: { from: 'now-15m', to: 'now' },
    timepicker: {},
    templating: { list: [] },
    annotations: { list: [] },
    links: [{ type: 'dashboards', title: 'Heartline', tags: ['heartline'], asDropdown: true, keepTime: true }],
    panels,
  };
  return `${JSON.stringify(model, null, 2)}\n`;
}
