import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html, legible, type Markup } from './html.ts';
import { only, parseMarkup } from './testing/parse-markup.ts';

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom('<script>', '</p>', '">', "'", '&lt;', '&', '-->', ']]>', '\u0000', '\ud800', '\u202e'),
    fc.string({ unit: 'binary' }),
  ),
});

/** True when what comes out has one element, and its text and attribute are those that went in. */
function keepsTextAsText(write: (text: string) => Markup): boolean {
  const result = fc.check(
    fc.property(hostile, (text) => {
      const { tag, attributes, children, text: read } = only(parseMarkup(write(text).markup).children);
      return tag === 'p' && children.length === 0 && attributes['title'] === legible(text) && read === legible(text);
    }),
  );
  return !result.failed;
}

test('text from outside stays text, in elements and attributes', () => {
  expect(keepsTextAsText((text) => html`<p title="${text}">${text}</p>`)).toBe(true);
});

test('the check fails when text is not escaped', () => {
  expect(keepsTextAsText((text) => ({ markup: `<p title="${legible(text)}">${legible(text)}</p>` }))).toBe(false);
});

test('pieces of markup are taken as they are, one or many', () => {
  const items = ['a', '<'].map((text) => html`<li>${text}</li>`);
  expect(html`<ul>${items}</ul>`.markup).toBe('<ul><li>a</li><li>&lt;</li></ul>');
});
