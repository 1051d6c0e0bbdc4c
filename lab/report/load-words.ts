import type { CaseResult } from '../lab-result.ts';
import { formatNumber } from './figures.ts';
import { PHASE_NAMES, PHASE_WORDS } from './phase-words.ts';

const inTurn = (rates: readonly number[]): string => rates.map(formatNumber).join(', then ');

/** `30, then 60 a second, by db-first`; with rates that differ, each phase's. */
export function loadInWords({ script, rates, phaseRates }: CaseResult['load']): string {
  if (phaseRates === undefined) return `${inTurn(rates)} a second, by ${script}`;
  const phases = PHASE_NAMES.map((phase) => `${PHASE_WORDS[phase]} ${inTurn(phaseRates[phase] ?? rates)}`);
  return `${phases.join('; ')} a second, by ${script}`;
}
