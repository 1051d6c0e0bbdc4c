import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../catalogue.ts';
import { promqlOf } from './dashboard.ts';
import { dashboards } from './dashboards.ts';
import { placed, renderDashboard } from './grafana-json.ts';

const FOLDER = new URL('../../../deploy/grafana/dashboards/', import.meta.url);
const GRID_COLUMNS = 24;

test('each file in deploy/grafana/dashboards is a dashboard (renew them: vitest --update)', async () => {
  const files = (await readdir(FOLDER)).sort();
  expect(files).toEqual(dashboards.map(({ name }) => `${name}.json`).sort());
});

describe.each(dashboards.map((dashboard) => [dashboard.name, dashboard] as const))('%s', (name, dashboard) => {
  const panels = dashboard.sections.flatMap((section) => section.panels);

  test('the file is what the code renders', async () => {
    await expect(renderDashboard(dashboard)).toMatchFileSnapshot(fileURLToPath(new URL(`${name}.json`, FOLDER)));
  });

  test('every panel has a title of its own in its section, a description that ends as a sentence, and one unit', () => {
    for (const section of dashboard.sections) {
      const titles = section.panels.map(({ title }) => title);
      expect(new Set(titles).size).toBe(titles.length);
    }
    for (const { title, description, queries } of panels) {
      expect(description, title).toMatch(/^[A-Z0-9`a-z].*\.$/);
      expect(new Set(queries.map(({ unit }) => unit)).size, title).toBe(1);
      expect(new Set(queries.map(({ legend }) => legend)).size, title).toBe(queries.length);
    }
  });

  test('rates have a window that Grafana fits to the scrape interval', () => {
    for (const query of panels.flatMap((panel) => panel.queries)) {
      const windows = [...promqlOf(query).matchAll(/\[([^\]]*)\]/g)].map(([, window]) => window);
      for (const window of windows) expect(['$__rate_interval', '$__range']).toContain(window);
    }
  });

  test('brackets and quotes of every query close', () => {
    for (const query of panels.flatMap((panel) => panel.queries)) {
      const text = promqlOf(query);
      const count = (character: string) => text.split(character).length;
      for (const [open, close] of [
        ['(', ')'],
        ['[', ']'],
        ['{', '}'],
      ] as const) {
        expect(count(open), text).toBe(count(close));
      }
      expect((text.split('"').length - 1) % 2, text).toBe(0);
    }
  });

  test('no two panels are on top of one another', () => {
    const taken = new Set<string>();
    for (const { at } of placed(dashboard).flatMap((section) => [section, ...section.panels])) {
      expect(at.x + at.w).toBeLessThanOrEqual(GRID_COLUMNS);
      for (let x = at.x; x < at.x + at.w; x += 1) {
        for (let y = at.y; y < at.y + at.h; y += 1) {
          expect(taken.has(`${x},${y}`)).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });
});

test('every metric of the catalogue is on a dashboard', () => {
  const all = dashboards.map(renderDashboard).join('\n');
  const shown = (name: string) => new RegExp(`\\b${name}(_bucket)?\\b`).test(all);
  expect(Object.keys(catalogue).filter((name) => !shown(name))).toEqual([]);
});
