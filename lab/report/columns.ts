import { stripVTControlCharacters } from 'node:util';
import { legible } from './html.ts';

/** Scripts and forms drawn two columns wide (Unicode UAX 11, wide and fullwidth), and emoji. */
const WIDE =
  /[\u1100-\u115F\u2329\u232A\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6B\uFF01-\uFF60\uFFE0-\uFFE6]|[\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}|\uFE0F/u;
/** Nothing but marks that sit on another character, and invisible format characters. */
const NO_WIDTH = /^[\p{Mark}\p{Cf}]+$/u;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Columns that a grapheme takes at a terminal. */
function graphemeColumns(grapheme: string): number {
  if (NO_WIDTH.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Columns that a text without control characters takes at a terminal. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) columns += graphemeColumns(segment);
  return columns;
}

/** One line of text from outside, without escape sequences, control characters and line ends. */
export function plainLine(text: string): string {
  return legible(stripVTControlCharacters(text))
    .replace(/[\s\u2028\u2029]+/gu, ' ')
    .trim();
}

/** The text cut to a width, with `…` where something was cut. */
export function fitted(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  const [line = ''] = piecesOf(text, Math.max(0, width - 1));
  return width <= 0 ? '' : `${line.trimEnd()}…`;
}

/** In a name that is longer than a line, a line may end after one of these. */
const JOINTS = /(?<=[_/.:-])/;

/** The text in lines of at most `width` columns, broken between words; a longer word is broken at its joints, or anywhere. */
export function wrapped(text: string, width: number): string[] {
  const room = Math.max(2, width);
  const lines: string[] = [];
  let line = '';
  for (const part of text.split(/(?<= )/).flatMap((word) => partsOf(word, room))) {
    if (columnsOf((line + part).trimEnd()) <= room) {
      line += part;
      continue;
    }
    lines.push(line.trimEnd());
    line = part;
  }
  return [...lines, line.trimEnd()];
}

function partsOf(word: string, room: number): string[] {
  if (columnsOf(word.trimEnd()) <= room) return [word];
  return word.split(JOINTS).flatMap((part) => piecesOf(part, room));
}

function piecesOf(word: string, width: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  let columns = 0;
  for (const { segment } of graphemes.segment(word)) {
    const wide = graphemeColumns(segment);
    if (columns + wide > width) {
      pieces.push(piece);
      piece = '';
      columns = 0;
    }
    piece += segment;
    columns += wide;
  }
  return [...pieces, piece];
}

export const padEndTo = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - columnsOf(text)));
export const padStartTo = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - columnsOf(text))) + text;
