import type { Verdict } from '../checker/index.ts';
import { holds, type Rule, ruleInSigns } from '../experiment/rule.ts';
import type { Expectation } from '../experiment/schema.ts';
import type { PhaseName, VerdictRow } from '../lab-result.ts';
import type { Figure } from '../measure/selector.ts';
import { describeMetric, WHOLE_RUN } from '../measure/selector.ts';
import { bareFigure, countOf, formatFigure } from '../report/figures.ts';
import { PHASE_NAMES, PHASE_WORDS } from '../report/phase-words.ts';

/** Answers an expectation's question about one phase. */
export type Measure = (expectation: Expectation, phase: PhaseName | typeof WHOLE_RUN) => Figure;

/** One line of the table: the figures of the three phases, and whether each phase's rule holds. */
export function judge(expectation: Expectation, measure: Measure, unit: string): VerdictRow {
  if (expectation.run !== undefined)
    return judgeRun(expectation, expectation.run, measure(expectation, WHOLE_RUN), unit);
  const figures = new Map(PHASE_NAMES.map((phase) => [phase, measure(expectation, phase)] as const));
  const value = (phase: PhaseName) => figures.get(phase)?.value;
  const rules = PHASE_NAMES.flatMap((phase) => {
    const rule = expectation[phase];
    return rule === undefined ? [] : [[phase, rule] as const];
  });
  const faults = rules.flatMap(([phase, rule]) =>
    holds(rule, value(phase), value('baseline')) ? [] : [faultOf(phase, rule, figures.get(phase), unit)],
  );
  const notes = [...figures].flatMap(([phase, { value: measured, note }]) =>
    measured === undefined || note === undefined ? [] : [`${PHASE_WORDS[phase]}: ${note}`],
  );
  return {
    expectation: subjectOf(expectation),
    unit,
    expected: Object.fromEntries(
      rules.map(([phase, rule]) => [phase, ruleInSigns(rule, (bound) => bareFigure(bound, unit))]),
    ),
    baseline: value('baseline'),
    fault: value('fault'),
    recovery: value('recovery'),
    holds: faults.length === 0,
    ...(faults.length > 0 ? { reason: faults.join('; ') } : {}),
    ...(notes.length > 0 ? { note: notes.join('; ') } : {}),
  };
}

/** A figure of the run stands where its end is. */
function judgeRun(expectation: Expectation, rule: Rule, figure: Figure, unit: string): VerdictRow {
  const { value, note } = figure;
  const held = holds(rule, value, undefined);
  return {
    expectation: subjectOf(expectation),
    unit,
    expected: { recovery: ruleInSigns(rule, (bound) => bareFigure(bound, unit)) },
    baseline: undefined,
    fault: undefined,
    recovery: value,
    holds: held,
    ...(held ? {} : { reason: whyNot('in the run', rule, figure, unit) }),
    ...(value !== undefined && note !== undefined ? { note } : {}),
  };
}

/** The promise itself as a line: breaches found among all messages of the case. */
export function promiseRow({ promise, violations, all }: Verdict): VerdictRow {
  const breaches = violations.reduce((sum, { count }) => sum + count, 0);
  const nothing = all.sent === 0;
  return {
    expectation: `breaches of ${promise.kind}${promise.ordered ? ', in order' : ''}, among ${countOf(all.sent, 'message')}`,
    unit: '',
    expected: { fault: '= 0' },
    baseline: undefined,
    fault: nothing ? undefined : breaches,
    recovery: undefined,
    holds: breaches === 0 && !nothing,
    ...(nothing ? { reason: 'nothing was sent' } : {}),
    ...(breaches > 0 ? { reason: violations.map(({ text }) => text).join('; ') } : {}),
  };
}

function subjectOf({ says, statistic, ratioTo, metric, labels }: Expectation): string {
  if (says !== undefined) return says;
  const name = describeMetric(labels === undefined ? { metric } : { metric, labels });
  return `${statistic} of ${name}${ratioTo === undefined ? '' : ` per ${ratioTo}`}`;
}

function faultOf(phase: PhaseName, rule: Rule, figure: Figure | undefined, unit: string): string {
  return whyNot(PHASE_WORDS[phase], rule, figure, unit);
}

function whyNot(when: string, rule: Rule, figure: Figure | undefined, unit: string): string {
  if (figure?.value === undefined) return `${when}: not measured${figure?.note ? ` (${figure.note})` : ''}`;
  const signs = ruleInSigns(rule, (bound) => formatFigure(bound, unit));
  return `${when}: ${formatFigure(figure.value, unit)} is not ${signs}`;
}
