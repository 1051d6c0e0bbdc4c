import type { CaseResult, VerdictRow } from '../lab-result.ts';
import { PHASE_WORDS } from './chart-summary.ts';
import { formatFigure } from './figures.ts';
import { breakable, html, type Markup, nothing } from './html.ts';

/** The verdict in words and a sign; its colour only repeats them. */
export function verdictChip(holds: boolean): Markup {
  return holds ? html`<span class="chip">✓ held</span>` : html`<span class="chip bad">✗ did not hold</span>`;
}

/** `3 of 4` */
export function expectationsHeld(one: CaseResult): string {
  return `${one.rows.filter((row) => row.holds).length} of ${one.rows.length}`;
}

/** What was expected against what was measured in each phase. */
export function verdictSection(one: CaseResult): Markup {
  const phases = [PHASE_WORDS.baseline, PHASE_WORDS.fault, PHASE_WORDS.recovery];
  const heads = phases.map((words) => html`<th scope="col" class="number">${words}</th>`);
  return html`<h3>Expected and measured</h3><div class="scroll" role="region" tabindex="0" aria-label="${`Expected and measured: ${one.title}`}"><table class="figures"><thead><tr><th scope="col">expectation</th>${heads}<th scope="col" class="number">verdict</th></tr></thead><tbody>${one.rows.map(verdictRow)}</tbody></table></div>`;
}

function verdictRow(row: VerdictRow): Markup {
  const reason = row.reason === undefined ? nothing : html`<span class="reason">${row.reason}</span>`;
  const { baseline, fault, recovery } = row;
  // On a phone the verdict's column may be out of sight.
  const sign = html`<span class="phonesign" aria-hidden="true">${row.holds ? '✓' : '✗'}\u00a0</span>`;
  return html`<tr><th scope="row">${sign}${breakable(row.expectation)}${reason}</th><td class="number">${formatFigure(baseline, row.unit)}</td><td class="number fault">${formatFigure(fault, row.unit)}</td><td class="number">${formatFigure(recovery, row.unit)}</td><td class="number">${verdictChip(row.holds)}</td></tr>`;
}
