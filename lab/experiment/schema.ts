import { z } from 'zod';
import { SUBJECT_NAMES } from '../subject.ts';
import { toxicListSchema } from '../toxic.ts';
import { chartSchema, expectationSchema, text } from './expectation-schema.ts';
import { MAX_PHASE_S, settingSchema, workersSchema } from './workers-schema.ts';

const MAX_RATE = 20_000;
const SET_BY_LAB: readonly string[] = ['PHASES', 'SEED', 'RUN_ID', 'EPISODES', 'BASE_URL', 'WEB_MQTT_URL'];

const PROMISES = ['at-most-once', 'at-least-once', 'exactly-once'] as const;
/** Of a case that shows what happens without one. */
export const NO_PROMISE = 'none';
const path = z.string().regex(/^\/[\w/-]+$/, 'must be a path of the API');

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

const ratesSchema = z.array(z.int().min(1).max(MAX_RATE)).min(1).max(12);
/** Of phases whose rates are others. */
const phaseRates = z.strictObject({
  baseline: ratesSchema.optional(),
  fault: ratesSchema.optional(),
  recovery: ratesSchema.optional(),
});

/** Where a stage says what it has sold and what is left: read when all is decided, and added up (lab/conservation). */
const conservationSchema = z.strictObject({
  /** The stage's own sums. */
  report: path,
  /** `<stock>/<sku>`: how many of a SKU there were and are. */
  stock: path,
});

const experimentCase = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be 1 to 40 of a-z 0-9 -'),
    title: text,
    /** Where these are others than the experiment's. Of `none`, what breaks promise or conservation is counted, and not judged. */
    promise: z.enum([...PROMISES, NO_PROMISE]).optional(),
    ordered: z.boolean().optional(),
    /** Asked with `delivered` and `conservation`, where a stage has several books: `of: naive`. */
    query: z.record(z.string().regex(/^[a-z]+$/, 'must be the name of a parameter'), z.string().min(1)).default({}),
    settings: z.array(settingSchema).default([]),
    /** On top of the experiment's. */
    load: loadEnvironment,
    phaseRates: phaseRates.optional(),
    /** In from before the first message until the load has ended. */
    throughout: toxicListSchema.default([]),
    /** In for the fault phase. */
    toxics: toxicListSchema.default([]),
    workers: workersSchema.optional(),
    expectations: z.array(expectationSchema).min(1),
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
  /** What is sent. */
  subject: z.enum(SUBJECT_NAMES, { error: `must be one of ${SUBJECT_NAMES.join(', ')}` }).default('alerts'),
  promise: z.enum(PROMISES),
  /** Part of the promise: a patient's messages are delivered in the order in which they were sent. */
  ordered: z.boolean().default(false),
  load: z.strictObject({
    /** A script in k6/. */
    script: z.string().regex(/^[a-z0-9-]+$/, 'must be a script in k6/'),
    /** A second; one after the other in each phase. */
    rates: ratesSchema,
    phaseRates: phaseRates.default({}),
    environment: loadEnvironment,
  }),
  /** The function whose trigger must be connected before anything is sent. */
  consumer: z
    .string()
    .regex(/^[a-z-]+$/, 'must be a function')
    .optional(),
  /** Seconds of each phase. */
  phaseSeconds: z.number().min(4).max(MAX_PHASE_S),
  /** Where the stage lists what reached staff; of purchases, the orders that were decided. */
  delivered: path,
  conservation: conservationSchema.optional(),
  charts: z.array(chartSchema).min(1).max(12),
  cases: z.array(experimentCase).min(1).max(8),
});

export type Experiment = z.output<typeof experimentSchema> & { readonly name: string };
export type ExperimentCase = Experiment['cases'][number];
export type WorkersDefinition = NonNullable<ExperimentCase['workers']>;
export type ConservationPaths = z.output<typeof conservationSchema>;
export type Expectation = ExperimentCase['expectations'][number];
export type ChartDefinition = Experiment['charts'][number];
