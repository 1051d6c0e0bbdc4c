import { type Bounds, holds, type RuleWindow, ruleInSigns, WINDOWS } from '../experiment/rule.ts';
import type { Expectation } from '../experiment/schema.ts';
import { WHOLE_RUN } from '../measure/selector.ts';
import { formatFigure } from '../report/figures.ts';
import { PHASE_WORDS } from '../report/phase-words.ts';

/**
 * What is known from elsewhere, beside what was measured here: `known from the field: under fault > 800 ms (reached)`. It takes no
 * part in the verdict.
 */
export function fieldNotes(
  field: Expectation['field'],
  value: (window: RuleWindow) => number | undefined,
  unit: string,
): string[] {
  const known = WINDOWS.flatMap((window) => {
    const bounds: Bounds | undefined = field?.[window];
    if (bounds === undefined) return [];
    const signs = ruleInSigns(bounds, (bound) => formatFigure(bound, unit));
    const when = window === WHOLE_RUN ? '' : `${PHASE_WORDS[window]} `;
    return [`${when}${signs} (${holds(bounds, value(window), {}) ? 'reached' : 'not reached'} here)`];
  });
  return known.length === 0 ? [] : [`known from the field: ${known.join(', ')}`];
}
