import { describe, expect, test } from 'vitest';
import { loadExperiment } from '../experiment/load-experiment.ts';
import { runOptions } from '../testing/run-options.ts';
import { planRun } from './run-experiment.ts';

const casesOf = (caseName?: string) =>
  planRun(loadExperiment('inventory/sync-vs-async'), runOptions({ caseName })).cases.map(({ name }) => name);

describe('what is run', () => {
  test('is every case, or the one asked for with those before it that it is compared with', () => {
    expect(casesOf()).toEqual(['sync', 'async', 'sync-spread', 'async-spread']);
    expect(casesOf('sync')).toEqual(['sync']);
    expect(casesOf('async')).toEqual(['sync', 'async']);
    expect(casesOf('async-spread')).toEqual(['sync-spread', 'async-spread']);
  });

  test('of a case that does not exist is nothing', () => {
    expect(() => casesOf('later')).toThrow(/has no case 'later'. It has: sync, async, /);
  });

  test('is refused when its workers would be killed after the last message', () => {
    const experiment = loadExperiment('inventory/crash');
    expect(() => planRun(experiment, runOptions({ durationS: 28 }))).toThrow(
      /case kill would not be killed, which is 28.1 s into one: give --duration 29 or more/,
    );
    expect(planRun(experiment, runOptions({ durationS: 29 })).cases).toHaveLength(1);
  });
});
