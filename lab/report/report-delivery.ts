import type { DeliverySummary, LostMessage } from '../lab-result.ts';
import { countOf, formatNumber, shareOf } from './figures.ts';
import { html, type Markup, nothing } from './html.ts';
import { PHASE_WORDS } from './phase-words.ts';

const PROMISES: Readonly<Record<DeliverySummary['promise'], string>> = {
  'at-most-once': 'At most once: an alert may be lost, none may be delivered twice.',
  'at-least-once': 'At least once: every acknowledged alert is delivered, some perhaps more than once.',
  'exactly-once': 'Exactly-once effect: every acknowledged alert reaches staff, once.',
};

/** A longer list is closed at first. */
const PATIENTS_SHOWN_OPEN = 40;

/** Messages that were sent and never delivered. */
export function lostIn(delivery: DeliverySummary): number {
  return delivery.lostByPatient.reduce((sum, { lost }) => sum + lost.length, 0);
}

/** Where messages are acknowledged: whether the senders of those that were lost know it. */
export function lostInWords({ acknowledged, lostAcknowledged }: DeliverySummary): string | undefined {
  if (acknowledged === 0) return undefined;
  return lostAcknowledged === 0
    ? 'none of them acknowledged: their senders know'
    : `${formatNumber(lostAcknowledged)} of them acknowledged`;
}

/** What became of the messages, and by patient which alerts staff never heard of. */
export function deliverySection(delivery: DeliverySummary): Markup {
  const lost = lostIn(delivery);
  const violations = delivery.violations.map((text) => html`<li>${text}</li>`);
  const kept = html`<p>✓ The promise was kept.</p>`;
  const broken = html`<div class="violations"><p>✗ The promise was broken:</p><ul>${violations}</ul></div>`;
  return html`<h3>What became of the alerts</h3><p class="muted">${PROMISES[delivery.promise]}</p>
<dl class="tiles">${tile('sent', delivery.sent)}${tile('acknowledged', delivery.acknowledged, delivery.sent)}${tile('delivered', delivery.delivered, delivery.sent)}${tile('never delivered', lost, delivery.sent, lost > 0)}${tile('delivered twice or more', delivery.duplicated, delivery.sent, delivery.duplicated > 0)}${tile('delivered, never sent', delivery.phantom, undefined, delivery.phantom > 0)}</dl>
${violations.length > 0 ? broken : kept}
${lostList(delivery, lost)}`;
}

function tile(name: string, count: number, whole?: number, bad = false): Markup {
  const share = whole === undefined ? nothing : html`<small>${shareOf(count, whole)}</small>`;
  return html`<div class="${bad ? 'bad' : 'plain'}"><dt>${name}</dt><dd>${formatNumber(count)}${share}</dd></div>`;
}

function lostList(delivery: DeliverySummary, lost: number): Markup {
  const head = html`<h3>Alerts that never reached staff</h3>`;
  if (delivery.sent === 0) return html`${head}<p>Nothing was sent, so nothing is shown by this case.</p>`;
  if (lost === 0) return html`${head}<p>None: every alert that was sent reached staff.</p>`;
  const patients = delivery.lostByPatient
    .filter((one) => one.lost.length > 0)
    .toSorted((one, other) => other.lost.length - one.lost.length || (one.patientId < other.patientId ? -1 : 1));
  const most = patients[0]?.lost.length ?? 1;
  const open = patients.length <= PATIENTS_SHOWN_OPEN ? html` open` : nothing;
  const words = lostInWords(delivery);
  const known = words === undefined ? nothing : html`<p>${countOf(lost, 'alert')}, ${words}.</p>`;
  return html`${head}${known}<details class="all"${open}><summary>${`${countOf(lost, 'alert')} of ${countOf(patients.length, 'patient')}, those who lost most first`}</summary><div class="patients">${patients.map((one) => patient(one, most))}</div></details>`;
}

function patient({ patientId, lost }: DeliverySummary['lostByPatient'][number], most: number): Markup {
  const width = Math.round((lost.length / most) * 100);
  return html`<details><summary><bdi class="who">${patientId}</bdi><span aria-hidden="true"><span class="bar" style="display:block;width:${width}%"></span></span><span>${countOf(lost.length, 'alert')} lost</span></summary><div class="scroll" role="region" tabindex="0" aria-label="${`Alerts of ${patientId} that were lost`}"><table><thead><tr><th scope="col">what it said</th><th scope="col">sent</th><th scope="col">event id</th></tr></thead><tbody>${lost.map(lostRow)}</tbody></table></div></details>`;
}

function lostRow(message: LostMessage): Markup {
  return html`<tr><td>${message.text}</td><td>${PHASE_WORDS[message.phase]}</td><td class="id">${message.id}</td></tr>`;
}
