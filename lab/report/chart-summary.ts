import type { Chart, PhaseSpan, Series } from '../lab-result.ts';
import { formatFigure } from './figures.ts';
import { PHASE_WORDS } from './phase-words.ts';

/** The chart in words, for those who do not see it: of each series and phase the mean and the highest value. */
export function chartInWords(chart: Chart, phases: readonly PhaseSpan[]): string {
  const series = chart.series.map(
    (one) => `${one.name}: ${phases.map((phase) => inPhase(one, phase, chart.unit)).join('; ')}`,
  );
  return `${chart.title}. ${series.join('. ')}.`;
}

function inPhase(series: Series, phase: PhaseSpan, unit: string): string {
  const values = series.points.flatMap(([atS, value]) =>
    value !== null && Number.isFinite(value) && atS >= phase.fromS && atS < phase.toS ? [value] : [],
  );
  if (values.length === 0) return `${PHASE_WORDS[phase.name]} nothing measured`;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const highest = values.reduce((most, value) => Math.max(most, value));
  return `${PHASE_WORDS[phase.name]} mean ${formatFigure(mean, unit)}, highest ${formatFigure(highest, unit)}`;
}
