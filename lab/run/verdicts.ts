import type { Verdict } from '../checker/index.ts';
import { holds, type Rule, ruleInWords } from '../experiment/rule.ts';
import type { Expectation } from '../experiment/schema.ts';
import type { PhaseName, VerdictRow } from '../lab-result.ts';
import type { Figure } from '../measure/selector.ts';
import { describeMetric } from '../measure/selector.ts';
import { formatFigure } from '../report/figures.ts';

const PHASES: readonly PhaseName[] = ['baseline', 'fault', 'recovery'];

/** Answers an expectation's question about one phase. */
export type Measure = (expectation: Expectation, phase: PhaseName) => Figure;

/** One line of the table: the figures of the three phases, and whether each phase's rule holds. */
export function judge(expectation: Expectation, measure: Measure, unit: string): VerdictRow {
  const figures = new Map(PHASES.map((phase) => [phase, measure(expectation, phase)] as const));
  const value = (phase: PhaseName) => figures.get(phase)?.value;
  const faults = PHASES.flatMap((phase) => {
    const rule = expectation[phase];
    if (rule === undefined || holds(rule, value(phase), value('baseline'))) return [];
    return [faultOf(phase, rule, figures.get(phase), unit)];
  });
  return {
    expectation: `${subjectOf(expectation)}: ${rulesOf(expectation, unit)}`,
    unit,
    baseline: value('baseline'),
    fault: value('fault'),
    recovery: value('recovery'),
    holds: faults.length === 0,
    ...(faults.length > 0 ? { reason: faults.join('; ') } : {}),
  };
}

/** The promise itself as a line: breaches found among all messages of the case. */
export function promiseRow({ promise, violations, all }: Verdict): VerdictRow {
  const breaches = violations.reduce((sum, { count }) => sum + count, 0);
  const nothing = all.sent === 0;
  return {
    expectation: `promise kept: ${promise.kind}, ${all.sent} messages`,
    unit: 'breaches',
    baseline: undefined,
    fault: nothing ? undefined : breaches,
    recovery: undefined,
    holds: breaches === 0 && !nothing,
    ...(nothing ? { reason: 'nothing was sent' } : {}),
    ...(breaches > 0 ? { reason: violations.map(({ text }) => text).join('; ') } : {}),
  };
}

const TIMES: Record<PhaseName, string> = { baseline: 'before', fault: 'under fault', recovery: 'after' };

function subjectOf({ says, statistic, ratioTo, ...ref }: Expectation): string {
  if (says !== undefined) return says;
  const { metric, labels } = ref;
  const name = describeMetric(labels === undefined ? { metric } : { metric, labels });
  return `${statistic} of ${name}${ratioTo === undefined ? '' : ` per ${ratioTo}`}`;
}

function rulesOf(expectation: Expectation, unit: string): string {
  return PHASES.flatMap((phase) => {
    const rule = expectation[phase];
    return rule === undefined ? [] : [`${ruleInWords(rule, (value) => formatFigure(value, unit))} ${TIMES[phase]}`];
  }).join(', ');
}

function faultOf(phase: PhaseName, rule: Rule, figure: Figure | undefined, unit: string): string {
  if (figure?.value === undefined) return `${TIMES[phase]}: not measured${figure?.note ? ` (${figure.note})` : ''}`;
  return `${TIMES[phase]} ${formatFigure(figure.value, unit)} is not ${ruleInWords(rule, (value) => formatFigure(value, unit))}`;
}
