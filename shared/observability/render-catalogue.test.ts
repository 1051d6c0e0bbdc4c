import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { catalogue } from './catalogue.ts';
import { renderCatalogue } from './render-catalogue.ts';

const DOCUMENT = new URL('../../docs/metrics.md', import.meta.url);

test('docs/metrics.md is the catalogue (renew it: vitest --update)', async () => {
  await expect(renderCatalogue()).toMatchFileSnapshot(fileURLToPath(DOCUMENT));
});

test('every metric has its row, with as many cells as there are columns', () => {
  const rows = renderCatalogue()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.map((row) => /`(\w+)`/.exec(row)?.[1])).toEqual(Object.keys(catalogue));
  expect(new Set(rows.map((row) => row.split(/(?<!\\)\|/).length))).toEqual(new Set([8]));
});

test('names are valid in Prometheus and buckets ascend', () => {
  for (const [name, definition] of Object.entries(catalogue)) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    if (definition.type === 'histogram') {
      expect([...definition.buckets]).toEqual([...definition.buckets].sort((a, b) => a - b));
    }
  }
});
