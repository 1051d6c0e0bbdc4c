import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that put a load on what they test, or look how it keeps up: beside more than two others they measure the machine. */
const LOAD = [
  'deploy/grafana/**/*.test.ts',
  'k6/*.test.ts',
  'lab/lab.test.ts',
  'lab/mutants/**/*.test.ts',
  'lab/workers/**/*.test.ts',
  'localstack/stack/*.test.ts',
];
/**
 * Tests of rules alone, which start nothing and leave nothing in their process: many files share one, since a process of its own
 * would take half a second of a core for each.
 */
const PURE = [
  'k6/lib/*.test.ts',
  'lab/{alarm-quality,alerts,checker,conservation,experiment,lanes,measure,report,run,vitals}/**/*.test.ts',
  'lab/faults/{recovery,run,schedule,verdict}/*.test.ts',
  'lab/fault-proxy/*.property.test.ts',
  'localstack/{observability,vitals-ward,ward,worker}/*.property.test.ts',
  'localstack/triggers/{.,mqtt,pgmq,stream,stream-publisher}/*.property.test.ts',
  'shared/{http,mqtt,observability,topology}/**/*.test.ts',
  'shared/alert-desk/{alert-desk,desk-work,lifecycle.property,routing.property,superseding.property}.test.ts',
  'shared/vitals/rules/*.test.ts',
  'shared/vitals/{thresholds,*.property}.test.ts',
  'web/src/**/*.test.ts',
];
/** In a real browser: each file has a whole system to itself, and looks how soon something shows. */
const BROWSER = ['web/**/*.e2e.test.ts'];
const NEVER = ['**/node_modules/**', '.heartline/**'];

/** What takes long by its kind; the end is then filled with tests of a second, not with one of minutes. */
const SLOW = [
  /\/lab\/(faults|mutants|workers)\/|\/k6\/[^/]+\.test\.ts$/,
  /\.fault\.test\.ts$/,
  /(?<!property\.)test\.ts$/,
];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = SLOW.findIndex((kind) => kind.test(moduleId));
      return at < 0 ? SLOW.length : at;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

const common = {
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
  teardownTimeout: 30_000,
  maxConcurrency: 2,
} as const;

// Files run in parallel processes. Each clones its own database from a template, so none sees another's rows.
export default defineConfig({
  test: {
    ...common,
    sequence: { sequencer: SlowFirst },
    globalSetup: ['localstack/testing/global-setup.ts'],
    projects: [
      { test: { ...common, name: 'load', include: LOAD, exclude: NEVER, maxWorkers: 3, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...common,
          name: 'browser',
          include: BROWSER,
          exclude: NEVER,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...common,
          name: 'rest',
          include: ['**/*.test.ts'],
          exclude: [...NEVER, ...LOAD, ...PURE, ...BROWSER],
          maxWorkers: 5,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'pure',
          include: PURE,
          exclude: [...NEVER, ...LOAD],
          isolate: false,
          maxWorkers: 5,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
