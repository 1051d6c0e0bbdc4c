import type { Verdict } from '../checker/index.ts';
import type { ConservationVerdict } from '../conservation/check-conservation.ts';
import { holds, type References, type Rule, type RuleWindow, ruleInSigns } from '../experiment/rule.ts';
import { rulesOf } from '../experiment/rules-of.ts';
import type { Expectation } from '../experiment/schema.ts';
import type { VerdictRow } from '../lab-result.ts';
import type { LanesVerdict } from '../lanes/check-lanes.ts';
import { describeMetric, type Figure, WHOLE_RUN } from '../measure/selector.ts';
import { bareFigure, countOf, formatFigure } from '../report/figures.ts';
import { PHASE_NAMES, PHASE_WORDS } from '../report/phase-words.ts';
import { fieldNotes } from './field-notes.ts';

/** Answers an expectation's question about one phase. */
export type Measure = (phase: RuleWindow) => Figure;

const windowInWords = (window: RuleWindow) => (window === WHOLE_RUN ? 'in the run' : PHASE_WORDS[window]);

/** One rule with all that it is judged by. */
interface Judged {
  readonly window: RuleWindow;
  readonly rule: Rule;
  readonly figure: Figure;
  readonly references: References;
}

/** One line of the table: the figures of the three phases, and whether each phase's rule holds. One of the run stands where its end is. */
export function judge(
  expectation: Expectation,
  measure: Measure,
  unit: string,
  measureOf: (caseName: string) => Measure,
): VerdictRow {
  const isOfRun = expectation.run !== undefined;
  const windows: readonly RuleWindow[] = isOfRun ? [WHOLE_RUN] : PHASE_NAMES;
  const figures = new Map(windows.map((window) => [window, measure(window)] as const));
  const value = (phase: RuleWindow) => figures.get(phase)?.value;
  const judged = rulesOf(expectation).map(([window, rule]): Judged => {
    const { timesCase } = rule;
    const ofCase = timesCase && measureOf(timesCase.case)(timesCase.phase ?? window).value;
    const figure = figures.get(window) ?? { value: undefined };
    return { window, rule, figure, references: { baseline: value('baseline'), ofCase } };
  });
  const faults = judged.flatMap((one) =>
    holds(one.rule, one.figure.value, one.references) ? [] : [whyNot(one, unit)],
  );
  const notes = [
    ...[...figures].flatMap(([window, { value: measured, note }]) =>
      measured === undefined || note === undefined ? [] : [isOfRun ? note : `${windowInWords(window)}: ${note}`],
    ),
    ...judged.flatMap((one) => comparedNotes(one, unit)),
    ...fieldNotes(expectation.field, value, unit),
    ...(expectation.note === undefined ? [] : [expectation.note]),
  ];
  return {
    expectation: subjectOf(expectation),
    unit,
    expected: Object.fromEntries(
      judged.map(({ window, rule }) => [
        window === WHOLE_RUN ? 'recovery' : window,
        ruleInSigns(rule, (bound) => bareFigure(bound, unit)),
      ]),
    ),
    baseline: value('baseline'),
    fault: value('fault'),
    recovery: isOfRun ? value(WHOLE_RUN) : value('recovery'),
    holds: faults.length === 0,
    ...(faults.length > 0 ? { reason: faults.join('; ') } : {}),
    ...(notes.length > 0 ? { note: notes.join('; ') } : {}),
  };
}

/** The figure of the other case, for who reads the ratio. */
function comparedNotes({ window, rule: { timesCase }, references }: Judged, unit: string): string[] {
  if (timesCase === undefined || references.ofCase === undefined) return [];
  return [`${timesCase.case}, ${windowInWords(timesCase.phase ?? window)}: ${formatFigure(references.ofCase, unit)}`];
}

/** The promise itself as a line: breaches found among all messages of the case. */
export function promiseRow({ promise, violations, all }: Verdict): VerdictRow {
  const what = `breaches of ${promise.kind}${promise.ordered ? ', in order' : ''}, among ${countOf(all.sent, 'message')}`;
  return breachesRow(what, violations, all.sent === 0 ? 'nothing was sent' : undefined);
}

/** The books as a line: what there was to sell against what is left and what was confirmed. */
export function conservationRow({ skus, orders, violations }: ConservationVerdict): VerdictRow {
  const what = `breaches of conservation, among ${countOf(skus, 'SKU')} and ${countOf(orders, 'order')}`;
  return breachesRow(what, violations, skus === 0 ? 'there was nothing to sell' : undefined);
}

/** Each patient's events, one at a time and in order, once: as a line. */
export function lanesRow({ attempts, keys, violations }: LanesVerdict): VerdictRow {
  const what = `breaches of order, among ${countOf(attempts, 'attempt')} of ${countOf(keys, 'patient')}`;
  return breachesRow(what, violations, attempts === 0 ? 'nothing was tried' : undefined);
}

/** @param nothing why nothing was shown, if that is so */
function breachesRow(
  what: string,
  violations: readonly { readonly count: number; readonly text: string }[],
  nothing: string | undefined,
): VerdictRow {
  const breaches = violations.reduce((sum, { count }) => sum + count, 0);
  const reasons = [...(nothing === undefined ? [] : [nothing]), ...violations.map(({ text }) => text)];
  return {
    expectation: what,
    unit: '',
    expected: { fault: '= 0' },
    baseline: undefined,
    fault: nothing === undefined || breaches > 0 ? breaches : undefined,
    recovery: undefined,
    holds: reasons.length === 0,
    ...(reasons.length > 0 ? { reason: reasons.join('; ') } : {}),
  };
}

function subjectOf({ says, statistic, ratioTo, metric, labels }: Expectation): string {
  if (says !== undefined) return says;
  const name = describeMetric(labels === undefined ? { metric } : { metric, labels });
  return `${statistic} of ${name}${ratioTo === undefined ? '' : ` per ${ratioTo}`}`;
}

function whyNot({ window, rule, figure, references }: Judged, unit: string): string {
  const when = windowInWords(window);
  const { value, note } = figure;
  if (value === undefined) return `${when}: not measured${note ? ` (${note})` : ''}`;
  const signs = ruleInSigns(rule, (bound) => formatFigure(bound, unit));
  const lacking =
    rule.timesCase && references.ofCase === undefined ? ` (of ${rule.timesCase.case} nothing was measured)` : '';
  return `${when}: ${formatFigure(value, unit)} is not ${signs}${lacking}`;
}
