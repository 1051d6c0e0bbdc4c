import { type Rule, type RuleWindow, WINDOWS } from './rule.ts';
import type { Expectation, ExperimentCase } from './schema.ts';

/** An expectation's rules, in the order of a run. */
export function rulesOf(expectation: Expectation): (readonly [RuleWindow, Rule])[] {
  return WINDOWS.flatMap((window) => {
    const rule = expectation[window];
    return rule === undefined ? [] : [[window, rule] as const];
  });
}

/** The names of the cases that this one is compared with. */
export function comparedWith({ expectations }: ExperimentCase): ReadonlySet<string> {
  return new Set(
    expectations.flatMap((expectation) => rulesOf(expectation).flatMap(([, { timesCase }]) => timesCase?.case ?? [])),
  );
}
