import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    [
      'a script that does not exist',
      'script: db-first',
      'script: db-last',
      /load\.script: .*'db-last'; there are .*db-first/,
    ],
    ['a stage that does not exist', 'stage: db-first', 'stage: nowhere', /: stage: there is no stage 'nowhere'/],
    [
      'a path that nobody answers',
      'delivered: /db-first',
      'delivered: /db-last',
      /delivered: .*\/db-first\/notifications/,
    ],
    [
      'a consumer that does not exist',
      'phaseSeconds:',
      'consumer: nobody\nphaseSeconds:',
      /consumer: there is no function/,
    ],
    ['half a request a second', 'rates: [30, 60]', 'rates: [0.5]', /load\.rates\.0: expected int/],
    [
      'environment that the lab sets itself',
      'rates:',
      'environment: { SEED: 3 }\n  rates:',
      /load\.environment\.SEED: must not be one of PHASES, SEED/,
    ],
    [
      'a setting that does not exist',
      '    toxics:',
      '    settings: [{ name: HEARTLINE_SPEED, value: 1, because: x }]\n    toxics:',
      /cases\.0\.settings\.0\.name: there is no setting 'HEARTLINE_SPEED'; there are .*HEARTLINE_AT_MOST_ONCE_QOS/,
    ],
    [
      'a place of the stack as a setting',
      '    toxics:',
      '    settings: [{ name: HEARTLINE_HTTP_PORT, value: 1, because: x }]\n    toxics:',
      /there is no setting 'HEARTLINE_HTTP_PORT'/,
    ],
    [
      'a wrong value of a setting',
      '    toxics:',
      '    settings: [{ name: HEARTLINE_DB_POOL_SIZE, value: many, because: x }]\n    toxics:',
      /settings\.0\.value: is "many"; allowed: a whole number from 1/,
    ],
    ['a name for a link that is down', 'type: latency, latencyMs: 200', 'type: down, name: x', /down has type, link/],
    [
      'a comparison with a case that does not exist',
      'fault: { above: 0 }',
      'fault: { timesCase: { case: none, below: 1 } }',
      /cases\.0\.expectations\.0\.fault\.timesCase\.case: there is no earlier case 'none'; there are none/,
    ],
    [
      'a comparison with itself',
      'fault: { above: 0 }',
      'fault: { timesCase: { case: latency, below: 1 } }',
      /there is no earlier case 'latency'/,
    ],
    [
      'a comparison without a bound',
      'fault: { above: 0 }',
      'fault: { timesCase: { case: latency } }',
      /timesCase: must say one of above, /,
    ],
    [
      'a figure of the field of no phase',
      'fault: { above: 0 }',
      'fault: { above: 0 }\n        field: {}',
      /field: must say what of a phase/,
    ],
    [
      'a figure of the field about the run, beside phases',
      'fault: { above: 0 }',
      'fault: { above: 0 }\n        field: { run: { above: 1 } }',
      /give two/,
    ],
    [
      'a subject that does not exist',
      'stage: db-first',
      'stage: db-first\nsubject: orders',
      /subject: must be one of alerts, purchases/,
    ],
    [
      'books of alerts',
      'phaseSeconds:',
      'conservation: { report: /readyz, stock: /inventory/stock }\nphaseSeconds:',
      /conservation: is of purchases/,
    ],
    [
      'books that nobody keeps',
      'phaseSeconds:',
      'conservation: { report: /inventory/books, stock: /inventory/shelf }\nphaseSeconds:',
      /conservation\.stock: there is no path that answers GET '\/inventory\/shelf\/\{sku\}'/,
    ],
    ['broken YAML', 'cases:', 'cases: [', /changed\.yml:\d+: /],
  ])('with %s is refused with file, line and field', (_, part, by, message) => {
    expect(faultOf(part, by)).toMatch(message);
  });

  test('the line is that of the fault', () => {
    expect(faultOf('type: latency', 'type: latnecy')).toContain(`changed.yml:${lineOf('- { link: backend-database')}:`);
  });

  test('two cases of one name are refused', () => {
    const [, one = ''] = original.split('\ncases:\n');
    expect(faultOf(one, one + one)).toMatch(/cases\.1\.name: 'latency' is there twice/);
  });

  test('broken YAML is one fault, not all that follows from it', () => {
    expect(faultOf('cases:', 'cases: [').split('\n')).toHaveLength(1);
  });

  test('a file that is not there, and a folder, are named with the reason', () => {
    expect(() => loadExperiment(join(folder, 'none.yml'))).toThrow(/none\.yml cannot be read: there is no such file/);
    mkdirSync(join(folder, 'folder.yml'));
    expect(() => loadExperiment(join(folder, 'folder.yml'))).toThrow(/it is a folder/);
  });

  test('an unknown name is answered with the names there are', () => {
    expect(() => loadExperiment('healthcare/9')).toThrow(/no experiment 'healthcare\/9'.*healthcare\/1, healthcare\/2/);
  });
});
