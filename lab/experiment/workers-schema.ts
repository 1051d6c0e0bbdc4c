import { z } from 'zod';
import { text } from './expectation-schema.ts';

/** Longest phase: an hour of load on one machine is enough for any of these questions. */
export const MAX_PHASE_S = 3_600;
/** Each takes 90 MB. */
const MAX_REPLICAS = 16;
/** More than one a second in a phase of a quarter of a minute would only measure starts. */
const MAX_KILLS = 20;
/** In the order of a run. */
const PHASES = ['baseline', 'fault', 'recovery'] as const;

export const settingSchema = z.strictObject({
  name: z.string().regex(/^HEARTLINE_[A-Z_]+$/, 'must be a setting of the functions, HEARTLINE_…'),
  value: z.coerce.string(),
  /** Why this experiment needs another value than the default. */
  because: text,
});

const moment = {
  phase: z.enum(PHASES, { error: `must be one of ${PHASES.join(', ')}` }),
  /** Seconds after the phase's first message. */
  afterSeconds: z.number().min(0).max(MAX_PHASE_S),
};
const replicas = z.int().min(1).max(MAX_REPLICAS);

/** A function's event sources in processes of their own, beside the stack's functions (localstack/worker). */
export const workersSchema = z.strictObject({
  function: z.string().regex(/^[a-z-]+$/, 'must be a function'),
  /** Folder of another serverless.yml than the project's, from the project's root. */
  service: z
    .string()
    .regex(/^[\w/-]+$/, 'must be a folder of the project')
    .optional(),
  /** Before the first message. */
  replicas,
  /** Of the workers alone. */
  settings: z.array(settingSchema).default([]),
  /** More of them, or fewer, while the load goes on. */
  scale: z
    .array(z.strictObject({ ...moment, replicas }))
    .max(5)
    .default([]),
  /** So many of those that run are ended by kill -9, taking turns; each is started again. */
  kill: z
    .array(z.strictObject({ ...moment, replicas: replicas.default(1) }))
    .max(MAX_KILLS)
    .default([]),
});
