import { z } from 'zod';

const bounds = {
  above: z.number().optional(),
  atLeast: z.number().optional(),
  below: z.number().optional(),
  atMost: z.number().optional(),
  between: z.tuple([z.number(), z.number()]).optional(),
  equals: z.number().optional(),
};
const boundNames = Object.keys(bounds) as (keyof typeof bounds)[];
const oneAtLeast = (value: object) => Object.values(value).some((one) => one !== undefined);
const NEEDED = `must say one of ${boundNames.join(', ')}`;

/** A rule about the figure alone. */
export const boundsSchema = z.strictObject(bounds).refine(oneAtLeast, NEEDED);
export type Bounds = z.output<typeof boundsSchema>;

/** Where a rule holds: in a phase, or over the whole run. */
export const WINDOWS = ['baseline', 'fault', 'recovery', 'run'] as const;
export type RuleWindow = (typeof WINDOWS)[number];

/** About the figure divided by that of the same question in an earlier case of the run. */
const timesCaseSchema = z
  .strictObject({
    case: z.string(),
    /** Where it is another than that of the rule. */
    phase: z.enum(WINDOWS, { error: `must be one of ${WINDOWS.join(', ')}` }).optional(),
    ...bounds,
  })
  .refine((value) => boundNames.some((name) => value[name] !== undefined), NEEDED);

/** What a figure must be: all that is named holds at once. `timesBaseline` is about the figure divided by the baseline's. */
export const ruleSchema = z
  .strictObject({ ...bounds, timesBaseline: boundsSchema.optional(), timesCase: timesCaseSchema.optional() })
  .refine(oneAtLeast, `${NEEDED}, timesBaseline, timesCase`);
export type Rule = z.output<typeof ruleSchema>;

/** The figures that a rule compares with; undefined for what was not measured. */
export interface References {
  readonly baseline?: number | undefined;
  /** Of the case that `timesCase` names. */
  readonly ofCase?: number | undefined;
}

function holdsWithin(value: number, { above, atLeast, below, atMost, between, equals }: Bounds): boolean {
  return (
    (above === undefined || value > above) &&
    (atLeast === undefined || value >= atLeast) &&
    (below === undefined || value < below) &&
    (atMost === undefined || value <= atMost) &&
    (between === undefined || (value >= between[0] && value <= between[1])) &&
    (equals === undefined || value === equals)
  );
}

/** Whether a ratio to a reference is within bounds: one to a reference of 0 only within those that hold infinity. */
function holdsTimes(value: number, reference: number | undefined, bounds: Bounds | undefined): boolean {
  if (bounds === undefined) return true;
  if (reference === undefined) return false;
  const ratio = value === reference ? 1 : value / reference;
  return !Number.isNaN(ratio) && holdsWithin(ratio, bounds);
}

/** Whether the rule holds. What was not measured holds nothing. */
export function holds(rule: Rule, value: number | undefined, { baseline, ofCase }: References): boolean {
  const { timesBaseline, timesCase, ...own } = rule;
  return (
    value !== undefined &&
    holdsWithin(value, own) &&
    holdsTimes(value, baseline, timesBaseline) &&
    holdsTimes(value, ofCase, timesCase)
  );
}

/**
 * The rule as a table shows it, `> 200, > 5×, < 0.2× sync`: `5×` is five times the baseline's figure, `0.2× sync` a fifth of that
 * of the case sync; `show` writes a figure.
 */
export function ruleInSigns({ timesBaseline, timesCase, ...own }: Rule, show: (value: number) => string): string {
  const ofCase = timesCase && `${timesCase.case}${timesCase.phase === undefined ? '' : ` (${timesCase.phase})`}`;
  return [
    ...boundsInSigns(own, show),
    ...(timesBaseline ? boundsInSigns(timesBaseline, (value) => `${value}×`) : []),
    ...(timesCase ? boundsInSigns(timesCase, (value) => `${value}× ${ofCase}`) : []),
  ].join(', ');
}

function boundsInSigns({ above, atLeast, below, atMost, between, equals }: Bounds, show: (value: number) => string) {
  const signs: string[] = [];
  if (above !== undefined) signs.push(`> ${show(above)}`);
  if (atLeast !== undefined) signs.push(`≥ ${show(atLeast)}`);
  if (below !== undefined) signs.push(`< ${show(below)}`);
  if (atMost !== undefined) signs.push(`≤ ${show(atMost)}`);
  if (between !== undefined) signs.push(`${show(between[0])} to ${show(between[1])}`);
  if (equals !== undefined) signs.push(`= ${show(equals)}`);
  return signs;
}
