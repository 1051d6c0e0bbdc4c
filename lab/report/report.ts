import type { CaseResult, LabResult } from '../lab-result.ts';
import { wordsOf } from '../subject.ts';
import { countOf, formatNumber } from './figures.ts';
import { breakable, html, type Markup, nothing, trusted } from './html.ts';
import { caseSection } from './report-case.ts';
import { capital, lostIn } from './report-delivery.ts';
import { STYLE } from './report-style.ts';
import { expectationsHeld, verdictChip } from './report-verdict.ts';
import { durationInWords, instantInWords } from './time-words.ts';

/**
 * The report of a run as one HTML file: it needs no network and no script, opens from disk, prints on A4, and is light or dark
 * as the reader's system is. All text of the result is escaped; scripts and requests are forbidden by the page's own policy.
 */
export function renderReport(result: LabResult): string {
  const { experiment } = result;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${`${experiment.name}: ${experiment.title}`}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">${`Heartline lab, ${experiment.name}`}</p>
<h1>${experiment.title}</h1>
<p class="claim">${experiment.claim}</p>
${verdictBanner(result)}
</header>
${result.cases.length > 1 ? overview(result) : nothing}
${result.cases.map((one, index) => caseSection(one, caseId(index)))}
${howMeasured(result)}
</main>
</body>
</html>
`.markup;
}

const caseId = (index: number): string => `case-${index + 1}`;

function verdictBanner(result: LabResult): Markup {
  const rows = result.cases.flatMap((one) => one.rows);
  const failed = rows.filter((row) => !row.holds).length;
  const cases = result.cases.length === 1 ? '' : ` in ${countOf(result.cases.length, 'case')}`;
  const counted = `${formatNumber(rows.length - failed)} of ${countOf(rows.length, 'expectation')} held${cases}.`;
  const why = result.cases.flatMap((one) => whyNot(one).map((text) => html`<li>${one.title}: ${breakable(text)}</li>`));
  const broken = why.length > 0 ? html`<ul>${why}</ul>` : nothing;
  return html`<div class="${result.holds ? 'verdict' : 'verdict bad'}"><span class="sign" aria-hidden="true">${result.holds ? '✓' : '✗'}</span><div><strong>${result.holds ? 'The claim held.' : 'The claim did not hold.'}</strong>${counted}${broken}</div></div>`;
}

/** What did not hold in a case: expectations, and breaches of the promise. */
function whyNot({ rows, delivery }: CaseResult): string[] {
  const failed = rows.filter((row) => !row.holds);
  const expectations = failed.map(({ expectation, reason }) => (reason ? `${expectation} (${reason})` : expectation));
  return [...expectations, ...delivery.violations];
}

function overview(result: LabResult): Markup {
  const [{ delivery } = { delivery: undefined }] = result.cases;
  const { lost, delivered } = wordsOf(delivery?.subject ?? 'alerts');
  const rows = result.cases.map(
    (one, index) =>
      html`<tr><th scope="row"><a href="#${caseId(index)}">${one.title}</a></th><td class="number">${expectationsHeld(one)}</td><td class="number">${formatNumber(lostIn(one.delivery))}</td><td class="number">${formatNumber(one.delivery.duplicated)}</td><td class="number">${verdictChip(one.holds)}</td></tr>`,
  );
  return html`<section class="card" aria-labelledby="overview"><h2 id="overview">Cases</h2><div class="scroll" role="region" tabindex="0" aria-label="All cases"><table><thead><tr><th scope="col">Case</th><th scope="col" class="number">Expectations held</th><th scope="col" class="number">${capital(lost)}</th><th scope="col" class="number">${capital(`${delivered} twice`)}</th><th scope="col" class="number">Verdict</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

function howMeasured(result: LabResult): Markup {
  const tookMs = Date.parse(result.finishedAt) - Date.parse(result.startedAt);
  const versions = Object.entries(result.versions).map(([name, version]) => `${name} ${version}`);
  const cores = result.cases.map(
    (one) =>
      html`<tr><th scope="row">${one.title}</th><td>${one.load.script}</td><td>${one.phases.map(({ toS, fromS }) => formatNumber(toS - fromS)).join(' + ')} s</td><td class="number">${formatNumber(one.labCpuShare)}</td></tr>`,
  );
  return html`<section class="card" aria-labelledby="measured"><h2 id="measured">How this was measured</h2>
<h3>The same again</h3><pre><code>${result.command}</code></pre>
<dl class="facts"><dt>Seed</dt><dd>${String(result.seed)}</dd><dt>Started</dt><dd>${instantInWords(result.startedAt)}</dd><dt>Took</dt><dd>${durationInWords(tookMs)}</dd><dt>Machine</dt><dd>${result.machine}</dd><dt>Versions</dt><dd>${versions.join(', ')}</dd></dl>
<h3>Each case</h3><div class="scroll" role="region" tabindex="0" aria-label="How each case was run"><table><thead><tr><th scope="col">Case</th><th scope="col">Load script</th><th scope="col">Baseline + fault + after</th><th scope="col" class="number">The lab’s own use, cores</th></tr></thead><tbody>${cores}</tbody></table></div></section>`;
}
