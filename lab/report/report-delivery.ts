import type { DeliverySummary, LostMessage } from '../lab-result.ts';
import { wordsOf } from '../subject.ts';
import { countOf, formatNumber, shareOf } from './figures.ts';
import { html, type Markup, nothing } from './html.ts';
import { PHASE_WORDS } from './phase-words.ts';

/** A longer list is closed at first. */
const OWNERS_SHOWN_OPEN = 40;

/** Messages that were sent and never delivered. */
export function lostIn(delivery: DeliverySummary): number {
  return delivery.lostByOwner.reduce((sum, { lost }) => sum + lost.length, 0);
}

/** Where messages are acknowledged: whether the senders of those that were lost know it. */
export function lostInWords({ acknowledged, lostAcknowledged }: DeliverySummary): string | undefined {
  if (acknowledged === 0) return undefined;
  return lostAcknowledged === 0
    ? 'none of them acknowledged: their senders know'
    : `${formatNumber(lostAcknowledged)} of them acknowledged`;
}

/** What became of the messages, and by owner (a patient, a SKU) those that were lost. */
export function deliverySection(delivery: DeliverySummary): Markup {
  const lost = lostIn(delivery);
  const violations = delivery.violations.map((text) => html`<li>${text}</li>`);
  const kept = delivery.promise === 'none' ? nothing : html`<p>✓ The promise was kept.</p>`;
  const broken = html`<div class="violations"><p>✗ The promise was broken:</p><ul>${violations}</ul></div>`;
  const { many, promises, delivered: done } = wordsOf(delivery.subject);
  return html`<h3>What became of the ${many}</h3><p class="muted">${promises[delivery.promise]}</p>
<dl class="tiles">${tile('sent', delivery.sent)}${tile('acknowledged', delivery.acknowledged, delivery.sent)}${tile(done, delivery.delivered, delivery.sent)}${tile(`never ${done}`, lost, delivery.sent, lost > 0)}${tile(`${done} twice or more`, delivery.duplicated, delivery.sent, delivery.duplicated > 0)}${tile(`${done}, never sent`, delivery.phantom, undefined, delivery.phantom > 0)}</dl>
${violations.length > 0 ? broken : kept}
${lostList(delivery, lost)}`;
}

function tile(name: string, count: number, whole?: number, bad = false): Markup {
  const share = whole === undefined ? nothing : html`<small>${shareOf(count, whole)}</small>`;
  return html`<div class="${bad ? 'bad' : 'plain'}"><dt>${name}</dt><dd>${formatNumber(count)}${share}</dd></div>`;
}

function lostList(delivery: DeliverySummary, lost: number): Markup {
  const { one, many, owner, owners, reached, neverReached, id } = wordsOf(delivery.subject);
  const head = html`<h3>${capital(many)} that ${neverReached}</h3>`;
  if (delivery.sent === 0) return html`${head}<p>Nothing was sent, so nothing is shown by this case.</p>`;
  if (lost === 0) return html`${head}<p>None: every ${one} that was sent ${reached}.</p>`;
  const losers = delivery.lostByOwner
    .filter((loser) => loser.lost.length > 0)
    .toSorted((a, b) => b.lost.length - a.lost.length || (a.owner < b.owner ? -1 : 1));
  const most = losers[0]?.lost.length ?? 1;
  const open = losers.length <= OWNERS_SHOWN_OPEN ? html` open` : nothing;
  const words = lostInWords(delivery);
  const known = words === undefined ? nothing : html`<p>${countOf(lost, one, many)}, ${words}.</p>`;
  const lists = losers.map((loser) => ownersList(loser, most, { one, many, id }));
  return html`${head}${known}<details class="all"${open}><summary>${`${countOf(lost, one, many)} of ${countOf(losers.length, owner, owners)}, those who lost most first`}</summary><div class="patients">${lists}</div></details>`;
}

export const capital = (word: string) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

function ownersList(
  { owner, lost }: DeliverySummary['lostByOwner'][number],
  most: number,
  { one, many, id }: Pick<ReturnType<typeof wordsOf>, 'one' | 'many' | 'id'>,
): Markup {
  const width = Math.round((lost.length / most) * 100);
  return html`<details><summary><bdi class="who">${owner}</bdi><span aria-hidden="true"><span class="bar" style="display:block;width:${width}%"></span></span><span>${countOf(lost.length, one, many)} lost</span></summary><div class="scroll" role="region" tabindex="0" aria-label="${`${capital(many)} of ${owner} that were lost`}"><table><thead><tr><th scope="col">what it said</th><th scope="col">sent</th><th scope="col">${id}</th></tr></thead><tbody>${lost.map(lostRow)}</tbody></table></div></details>`;
}

function lostRow(message: LostMessage): Markup {
  return html`<tr><td>${message.text}</td><td>${PHASE_WORDS[message.phase]}</td><td class="id">${message.id}</td></tr>`;
}
