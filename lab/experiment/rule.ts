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
const NEEDED = `must say one of ${boundNames.join(', ')}, timesBaseline`;

const boundsSchema = z.strictObject(bounds).refine(oneAtLeast, NEEDED);

/** What a figure must be: all that is named holds at once. `timesBaseline` is about the figure divided by the baseline's. */
export const ruleSchema = z
  .strictObject({ ...bounds, timesBaseline: boundsSchema.optional() })
  .refine(oneAtLeast, NEEDED);
export type Rule = z.output<typeof ruleSchema>;
type Bounds = Omit<Rule, 'timesBaseline'>;

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

/** Whether the rule holds. What was not measured holds nothing; a ratio to a baseline of 0 holds only what infinity does. */
export function holds(rule: Rule, value: number | undefined, baseline: number | undefined): boolean {
  const { timesBaseline, ...own } = rule;
  if (value === undefined || !holdsWithin(value, own)) return false;
  if (timesBaseline === undefined) return true;
  if (baseline === undefined) return false;
  const ratio = value === baseline ? 1 : value / baseline;
  return !Number.isNaN(ratio) && holdsWithin(ratio, timesBaseline);
}

/** The rule as a table shows it, `> 200, > 5×`: `5×` is five times the baseline's figure; `show` writes a figure. */
export function ruleInSigns(rule: Rule, show: (value: number) => string): string {
  const { timesBaseline, ...own } = rule;
  const times = (value: number) => `${value}×`;
  return [...boundsInSigns(own, show), ...(timesBaseline ? boundsInSigns(timesBaseline, times) : [])].join(', ');
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
