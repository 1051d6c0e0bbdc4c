import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { experimentNames, loadExperiment } from './load-experiment.ts';

const folder = mkdtempSync(join(tmpdir(), 'heartline-experiments-'));
afterAll(() => rmSync(folder, { recursive: true }));
const original = readFileSync(join(import.meta.dirname, '..', 'experiments', 'healthcare', '1.yml'), 'utf8');

/** What loading says of the first experiment with a part replaced. */
function faultOf(part: string, by: string): string {
  expect(original).toContain(part);
  const file = join(folder, 'changed.yml');
  writeFileSync(file, original.replace(part, by));
  try {
    loadExperiment(file);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing is wrong';
}

describe('an experiment file', () => {
  test.each(experimentNames())('%s that comes with the project can be run', (name) => {
    const { cases, charts } = loadExperiment(name);
    expect(cases.length).toBeGreaterThan(0);
    expect(charts.length).toBeGreaterThan(0);
  });

  const lineOf = (text: string) => original.slice(0, original.indexOf(text)).split('\n').length;

  test.each([
    ['an unknown field', 'stage: db-first', 'stages: db-first', /:\d+: stages: there is no such field here/],
    [
      'a toxic that does not exist',
      'type: latency',
      'type: latnecy',
      /there is no toxic "latnecy"; there are latency, /,
    ],
    [
      'a link that does not exist',
      'link: backend-database',
      'link: backend',
      /link: must be one of backend-database, /,
    ],
    ['an unknown attribute', 'latencyMs: 200', 'latencyMs: 200, wait: 1', /toxics\.0\.wait: there is no such field/],
    ['a wrong type', 'phaseSeconds: 40', 'phaseSeconds: long', /phaseSeconds: .*number/],
    ['a rule that says nothing', '{ above: 0 }', '{ }', /fault: must say one of above, atLeast/],
    ['a statistic that does not exist', 'statistic: share', 'statistic: median', /statistic: must be one of count, /],
    [
      'an MQTT fault on a link without MQTT',
      'type: latency, latencyMs: 200',
      'type: drop, rate: 0.1',
      /only on consumer-broker/,
    ],
    ['broken YAML', 'cases:', 'cases: [', /changed\.yml:\d+: /],
  ])('with %s is refused with file, line and field', (_, part, by, message) => {
    expect(faultOf(part, by)).toMatch(message);
  });

  test('the line is that of the fault', () => {
    expect(faultOf('type: latency', 'type: latnecy')).toContain(`changed.yml:${lineOf('- { link: backend-database')}:`);
  });

  test('an unknown name is answered with the names there are', () => {
    expect(() => loadExperiment('healthcare/9')).toThrow(/no experiment 'healthcare\/9'.*healthcare\/1, healthcare\/2/);
  });
});
