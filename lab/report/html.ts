/** A piece of HTML or SVG that is safe to put into a page: made by `html`, whose values are escaped, or by `trusted`. */
export interface Markup {
  readonly markup: string;
}

type Value = string | number | Markup | readonly Markup[];

/** A template of markup in which every text and number is escaped; pieces of markup are taken as they are. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const text = parts.map((part, index) => (index === 0 ? part : written(values[index - 1] ?? '') + part));
  return { markup: text.join('') };
}

/** Markup from a source of our own (the stylesheet, the chart renderer). Never for text from outside. */
export function trusted(markup: string): Markup {
  return { markup };
}

export const nothing: Markup = trusted('');

function written(value: Value): string {
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return escapeText(String(value));
  return 'markup' in value ? value.markup : value.map((one) => one.markup).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute, of HTML and of XML alike: characters that XML 1.0 does not allow become U+FFFD. */
function escapeText(text: string): string {
  return legible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** Control characters other than tab and line ends, U+FFFE and U+FFFF, and halves of surrogate pairs. */
const NOT_ALLOWED = /(?![\t\n\r])[\p{Cc}\uFFFE\uFFFF]/gu;
/** Embeddings, overrides and isolates that would turn round the text after them (Unicode UAX 9). */
const TURNS_DIRECTION = /[\u202A-\u202E\u2066-\u2069]/g;

/** Text without what makes it illegal, or other than it looks. */
export function legible(text: string): string {
  return text.toWellFormed().replace(NOT_ALLOWED, '\uFFFD').replace(TURNS_DIRECTION, '\uFFFD');
}

/** Text that may also break after the signs that join the parts of a name, as `rabbitmq_stream_consumer_lag_messages` must on a phone. */
export function breakable(text: string): Markup {
  const [first = '', ...rest] = text.split(/(?<=[_/])/);
  return html`${first}${rest.map((part) => html`<wbr>${part}`)}`;
}
