import { z } from 'zod';
import { STATISTICS } from '../measure/selector.ts';
import { toxicListSchema } from '../toxic.ts';
import { ruleSchema } from './rule.ts';

/** Longest phase: an hour of load on one machine is enough for any of these questions. */
const MAX_PHASE_S = 3_600;
const MAX_RATE = 20_000;
/** Each takes 90 MB. */
const MAX_REPLICAS = 16;
/** In the order of a run. */
const PHASES = ['baseline', 'fault', 'recovery'] as const;
const SET_BY_LAB: readonly string[] = ['PHASES', 'SEED', 'RUN_ID', 'EPISODES', 'BASE_URL', 'WEB_MQTT_URL'];

const PROMISES = ['at-most-once', 'at-least-once', 'exactly-once'] as const;
const text = z.string().min(1).max(600);
const metricName = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be the name of a metric');
const labels = z.record(z.string(), z.string()).optional();

const selector = {
  metric: metricName,
  statistic: z.enum(STATISTICS, { error: `must be one of ${STATISTICS.join(', ')}` }),
  labels,
  /** Divides by the same statistic of another metric. */
  ratioTo: metricName.optional(),
};

const expectation = z
  .strictObject({
    ...selector,
    /** In words, where those made of the rules would not be clear enough. */
    says: text.optional(),
    baseline: ruleSchema.optional(),
    fault: ruleSchema.optional(),
    recovery: ruleSchema.optional(),
    /** About all phases together, until consumers have caught up. */
    run: ruleSchema.optional(),
  })
  .refine(
    ({ baseline, fault, recovery, run }) => baseline ?? fault ?? recovery ?? run,
    'must say what holds in a phase, or in the run',
  )
  .refine(
    ({ baseline, fault, recovery, run }) => run === undefined || !(baseline ?? fault ?? recovery),
    'is about the run, or about phases: give two',
  )
  .refine(
    ({ baseline, run }) => (baseline ?? run)?.timesBaseline === undefined,
    'neither a baseline nor the run is compared with the baseline',
  );

const chart = z.strictObject({
  title: text,
  series: z
    .array(z.strictObject({ ...selector, name: text.optional() }))
    .min(1)
    .max(6),
});

const setting = z.strictObject({
  name: z.string().regex(/^HEARTLINE_[A-Z_]+$/, 'must be a setting of the functions, HEARTLINE_…'),
  value: z.coerce.string(),
  /** Why this experiment needs another value than the default. */
  because: text,
});

/** Environment of the load script. */
const loadEnvironment = z
  .record(
    z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/, 'must be an environment variable of the script')
      .refine((name) => !SET_BY_LAB.includes(name), `must not be one of ${SET_BY_LAB.join(', ')}: the lab sets them`),
    z.coerce.string(),
  )
  .default({});

const ratesSchema = z.array(z.int().min(1).max(MAX_RATE)).min(1).max(10);

/** More of them, or fewer, while the load goes on. */
const scaling = z.strictObject({
  phase: z.enum(PHASES, { error: `must be one of ${PHASES.join(', ')}` }),
  /** Seconds after the phase's first message. */
  afterSeconds: z.number().min(0).max(MAX_PHASE_S),
  replicas: z.int().min(1).max(MAX_REPLICAS),
});

/** A function's event sources in processes of their own, beside the stack's functions (localstack/worker). */
const workersSchema = z.strictObject({
  function: z.string().regex(/^[a-z-]+$/, 'must be a function'),
  /** Folder of another serverless.yml than the project's, from the project's root. */
  service: z
    .string()
    .regex(/^[\w/-]+$/, 'must be a folder of the project')
    .optional(),
  /** Before the first message. */
  replicas: z.int().min(1).max(MAX_REPLICAS),
  /** Of the workers alone. */
  settings: z.array(setting).default([]),
  scale: z.array(scaling).max(5).default([]),
});

const experimentCase = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be 1 to 40 of a-z 0-9 -'),
    title: text,
    /** Where it is another than the experiment's. */
    promise: z.enum(PROMISES).optional(),
    ordered: z.boolean().optional(),
    settings: z.array(setting).default([]),
    /** On top of the experiment's. */
    load: loadEnvironment,
    /** In from before the first message until the load has ended. */
    throughout: toxicListSchema.default([]),
    /** In for the fault phase. */
    toxics: toxicListSchema.default([]),
    workers: workersSchema.optional(),
    expectations: z.array(expectation).min(1),
  })
  .refine(({ toxics, throughout, workers }) => toxics.length > 0 || throughout.length > 0 || workers, {
    path: ['toxics'],
    message: 'must hold at least one toxic, where a case has neither throughout nor workers',
  });

/** An experiment: data and expectations, no code. */
export const experimentSchema = z.strictObject({
  title: text,
  claim: text,
  stage: z.string().regex(/^[a-z-]+$/, 'must be a folder under functions/'),
  promise: z.enum(PROMISES),
  /** Part of the promise: a patient's messages are delivered in the order in which they were sent. */
  ordered: z.boolean().default(false),
  load: z.strictObject({
    /** A script in k6/. */
    script: z.string().regex(/^[a-z0-9-]+$/, 'must be a script in k6/'),
    /** A second; one after the other in each phase. */
    rates: ratesSchema,
    /** Of a phase whose rates are others. */
    phaseRates: z
      .strictObject({
        baseline: ratesSchema.optional(),
        fault: ratesSchema.optional(),
        recovery: ratesSchema.optional(),
      })
      .default({}),
    environment: loadEnvironment,
  }),
  /** The function whose trigger must be connected before anything is sent. */
  consumer: z
    .string()
    .regex(/^[a-z-]+$/, 'must be a function')
    .optional(),
  /** Seconds of each phase. */
  phaseSeconds: z.number().min(4).max(MAX_PHASE_S),
  /** Where the stage lists what reached staff. */
  delivered: z.string().regex(/^\/[\w/-]+$/, 'must be a path of the API'),
  charts: z.array(chart).min(1).max(12),
  cases: z.array(experimentCase).min(1).max(8),
});

export type Experiment = z.output<typeof experimentSchema> & { readonly name: string };
export type ExperimentCase = Experiment['cases'][number];
export type WorkersDefinition = NonNullable<ExperimentCase['workers']>;
export type Expectation = ExperimentCase['expectations'][number];
export type ChartDefinition = Experiment['charts'][number];
