import { z } from 'zod';
import { STATISTICS } from '../measure/selector.ts';
import { boundsSchema, ruleSchema } from './rule.ts';

export const text = z.string().min(1).max(600);
const metricName = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be the name of a metric');
const labels = z.record(z.string(), z.string()).optional();

const selector = {
  metric: metricName,
  statistic: z.enum(STATISTICS, { error: `must be one of ${STATISTICS.join(', ')}` }),
  labels,
  /** Divides by the same statistic of another metric. */
  ratioTo: metricName.optional(),
};

/** The figures known from elsewhere: shown beside what is measured here, reached or not, and no part of the verdict. */
const fieldSchema = z
  .strictObject({
    baseline: boundsSchema.optional(),
    fault: boundsSchema.optional(),
    recovery: boundsSchema.optional(),
    run: boundsSchema.optional(),
  })
  .refine(({ baseline, fault, recovery, run }) => baseline ?? fault ?? recovery ?? run, 'must say what of a phase');

export const expectationSchema = z
  .strictObject({
    ...selector,
    /** In words, where those made of the rules would not be clear enough. */
    says: text.optional(),
    baseline: ruleSchema.optional(),
    fault: ruleSchema.optional(),
    recovery: ruleSchema.optional(),
    /** About all phases together, until consumers have caught up. */
    run: ruleSchema.optional(),
    field: fieldSchema.optional(),
    /** What the figure depends on. */
    note: text.optional(),
  })
  .refine(
    ({ baseline, fault, recovery, run }) => baseline ?? fault ?? recovery ?? run,
    'must say what holds in a phase, or in the run',
  )
  .refine(
    ({ baseline, fault, recovery, run, field }) =>
      run === undefined
        ? field?.run === undefined
        : !(baseline ?? fault ?? recovery ?? field?.baseline ?? field?.fault ?? field?.recovery),
    'is about the run, or about phases: give two',
  )
  .refine(
    ({ baseline, run }) => (baseline ?? run)?.timesBaseline === undefined,
    'neither a baseline nor the run is compared with the baseline',
  );

export const chartSchema = z.strictObject({
  title: text,
  series: z
    .array(z.strictObject({ ...selector, name: text.optional() }))
    .min(1)
    .max(6),
});
