import type { CaseResult, Chart } from '../lab-result.ts';
import { renderChart } from './chart.ts';
import { numberedMarks } from './chart-marks.ts';
import { formatNumber } from './figures.ts';
import { html, type Markup, nothing, trusted } from './html.ts';
import { loadInWords } from './load-words.ts';
import { deliverySection } from './report-delivery.ts';
import { verdictChip, verdictSection } from './report-verdict.ts';
import { toxicInWords } from './toxic-words.ts';
import { workersInWords } from './worker-words.ts';

/** Each chart is drawn twice, and the page shows the one whose letters are legible: a phone and paper have the narrow one. */
const WIDE = { width: 590, height: 280 };
const NARROW = { width: 356, height: 246 };

export function caseSection(one: CaseResult, id: string): Markup {
  return html`<section class="card" aria-labelledby="${id}">
<div class="casehead"><h2 id="${id}">${one.title}</h2>${verdictChip(one.holds)}</div>
${whatWasSet(one)}
${verdictSection(one)}
${chartsOf(one)}
${deliverySection(one.delivery)}
${one.notes.length > 0 ? html`<h3>Notes</h3><ul class="notes">${one.notes.map((note) => html`<li>${note}</li>`)}</ul>` : nothing}
</section>`;
}

function whatWasSet(one: CaseResult): Markup {
  const toxics = one.toxics.map((toxic) => html`<li>${toxicInWords(toxic)}</li>`);
  const settings = one.settings.map(
    ({ name, value, because }) =>
      html`<li><code>${name}</code> = <code>${value}</code><span class="because">, because ${because}</span></li>`,
  );
  const throughout = (one.throughout ?? []).map((toxic) => html`<li>${toxicInWords(toxic)}</li>`);
  return html`<dl class="facts"><dt>Fault</dt><dd>${toxics.length > 0 ? html`<ul>${toxics}</ul>` : 'none'}</dd>
${throughout.length > 0 ? html`<dt>In all phases</dt><dd><ul>${throughout}</ul></dd>` : nothing}
${one.workers ? html`<dt>Workers</dt><dd>${workersInWords(one.workers)}</dd>` : nothing}
<dt>Load</dt><dd>${loadInWords(one.load)}</dd>
<dt>Set otherwise than by default</dt><dd>${settings.length > 0 ? html`<ul>${settings}</ul>` : 'nothing'}</dd></dl>`;
}

function chartsOf(one: CaseResult): Markup {
  if (one.charts.length === 0) return nothing;
  const picture = (chart: Chart, size: typeof WIDE) =>
    trusted(renderChart(chart, { phases: one.phases, marks: one.marks, ...size }));
  const figures = one.charts.map(
    (chart) =>
      html`<figure><div class="wide">${picture(chart, WIDE)}</div><div class="narrow">${picture(chart, NARROW)}</div></figure>`,
  );
  return html`<h3>Over time</h3><div class="charts">${figures}</div>${eventsOf(one)}`;
}

/** The marks in full words, with the numbers that charts show where words do not fit. */
function eventsOf(one: CaseResult): Markup {
  const events = numberedMarks(one.marks).map(
    (mark) => html`<li><b>${`${formatNumber(mark.atS)} s`}</b> ${mark.label}</li>`,
  );
  return events.length > 0 ? html`<h3>What happened when</h3><ol class="events">${events}</ol>` : nothing;
}
