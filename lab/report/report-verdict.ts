import type { CaseResult, PhaseName, VerdictRow } from '../lab-result.ts';
import { formatFigure } from './figures.ts';
import { breakable, html, type Markup, nothing } from './html.ts';
import { PHASE_NAMES, PHASE_WORDS } from './phase-words.ts';

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
  const heads = PHASE_NAMES.map((phase) => html`<th scope="col" class="number">${PHASE_WORDS[phase]}</th>`);
  return html`<h3>Measured and expected</h3><p class="quiet">Beneath each figure: what was expected of it; 5× is five times the baseline.</p><div class="scroll" role="region" tabindex="0" aria-label="${`Measured and expected: ${one.title}`}"><table class="figures"><thead><tr><th scope="col">measured</th>${heads}<th scope="col" class="number">verdict</th></tr></thead><tbody>${one.rows.map(verdictRow)}</tbody></table></div>`;
}

function verdictRow(row: VerdictRow): Markup {
  const reason = row.reason === undefined ? nothing : html`<span class="reason">${row.reason}</span>`;
  const note = row.note === undefined ? nothing : html`<span class="expected">${row.note}</span>`;
  // On a phone the verdict's column may be out of sight.
  const sign = html`<span class="phonesign" aria-hidden="true">${row.holds ? '✓' : '✗'}\u00a0</span>`;
  const cells = PHASE_NAMES.map((phase) => cell(row, phase));
  return html`<tr><th scope="row">${sign}${breakable(row.expectation)}${reason}${note}</th>${cells}<td class="number">${verdictChip(row.holds)}</td></tr>`;
}

function cell(row: VerdictRow, phase: PhaseName): Markup {
  const expected = row.expected[phase];
  const beneath = expected === undefined ? nothing : html`<span class="expected">${expected}</span>`;
  return html`<td class="number${phase === 'fault' ? ' fault' : ''}">${formatFigure(row[phase], row.unit)}${beneath}</td>`;
}
