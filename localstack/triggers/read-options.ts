import type { z } from 'zod';
import { compileFilter, type FilterPattern, FilterPatternError } from './filter-patterns.ts';
import type { RefusedOptions } from './trigger-kind.ts';

/** An option of a trigger: its schema, and what an error says is allowed. */
interface OptionRule {
  readonly schema: z.ZodType;
  readonly allowed: string;
}

type OptionRules = Readonly<Record<string, OptionRule>>;

/** What a trigger's rules make of its options, defaults applied. */
export type OptionsRead<Rules extends OptionRules> = { [Name in keyof Rules]: z.output<Rules[Name]['schema']> };

/** One thing that is wrong with the options. */
export type RefusedOption = RefusedOptions['faults'][number];

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function ruleFaults(name: string, found: unknown, allowed: string, error: z.ZodError): RefusedOption[] {
  return error.issues.map((issue) => {
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
    return { option: [name, ...path.map(String)].join('.'), found: valueAt(found, path), allowed };
  });
}

function isComplete<Rules extends OptionRules>(
  rules: Rules,
  read: Partial<OptionsRead<Rules>>,
): read is OptionsRead<Rules> {
  return Object.keys(rules).every((name) => Object.hasOwn(read, name));
}

/**
 * Checks a trigger's options by its rules, each alone and then against each other. Every fault is reported, not the
 * first: unknown names, the rules in their order, conflicts.
 * @param conflicts rules between options; given those that are well-formed by themselves, the others are missing.
 */
export function readOptions<Rules extends OptionRules>(
  rules: Rules,
  raw: unknown,
  conflicts: (read: Partial<OptionsRead<Rules>>) => RefusedOption[],
): { readonly ok: true; readonly read: OptionsRead<Rules> } | RefusedOptions {
  const names = Object.keys(rules).join(', ');
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return { ok: false, faults: [{ option: '(all)', found: raw, allowed: `an object with ${names}` }] };
  }
  const given = new Map<string, unknown>(Object.entries(raw));
  const faults: RefusedOption[] = [...given]
    .filter(([name]) => !Object.hasOwn(rules, name))
    .map(([option, found]) => ({ option, found, allowed: `one of the options ${names}` }));

  const read: Partial<OptionsRead<Rules>> = {};
  for (const [name, { schema, allowed }] of Object.entries(rules)) {
    const found = given.get(name);
    const parsed = schema.safeParse(found);
    if (parsed.success) Object.assign(read, { [name]: parsed.data });
    else faults.push(...ruleFaults(name, found, allowed, parsed.error));
  }
  faults.push(...conflicts(read));
  return faults.length === 0 && isComplete(rules, read) ? { ok: true, read } : { ok: false, faults };
}

/** Seconds, as in serverless.yml. */
export interface RetryDelay {
  readonly minimum: number;
  readonly maximum: number;
}

/** What is not given has its default, or what is given where that is beyond it. */
export function retryDelayOf(
  given: { readonly [Bound in keyof RetryDelay]?: number | undefined } | undefined,
  defaults: RetryDelay,
): RetryDelay {
  const minimum = given?.minimum ?? Math.min(defaults.minimum, given?.maximum ?? Infinity);
  return { minimum, maximum: given?.maximum ?? Math.max(defaults.maximum, minimum) };
}

/** Of patterns that do not compile, each by its place in the option. */
export function filterFaults(patterns: readonly FilterPattern[], option = 'filterPatterns'): RefusedOption[] {
  return patterns.flatMap((pattern, index) => {
    try {
      compileFilter([pattern]);
      return [];
    } catch (error) {
      if (!(error instanceof FilterPatternError)) throw error;
      return [{ option: `${option}[${index}]`, found: pattern, allowed: `a valid pattern (${error.message})` }];
    }
  });
}
