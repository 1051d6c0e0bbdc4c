import type { Mark } from '../lab-result.ts';
import { columnPx } from './chart-theme.ts';
import { columnsOf, plainLine } from './columns.ts';

/** A mark with its number in the order of time, as the list beside the charts shows it. */
export interface NumberedMark extends Mark {
  readonly number: number;
}

/** The marks in the order of time, numbered from 1. */
export function numberedMarks(marks: readonly Mark[]): NumberedMark[] {
  const sorted = marks.filter((mark) => Number.isFinite(mark.atS)).toSorted((a, b) => a.atS - b.atS);
  return sorted.map((mark, index) => ({ ...mark, number: index + 1 }));
}

/** A piece of text above the plot; `x` is its left edge. */
export interface MarkLabel {
  readonly x: number;
  readonly width: number;
  readonly row: number;
  readonly text: string;
}

export interface MarkLayout {
  /** The line of each mark, from the row of its label downwards; a number stands above the plot and its line within. */
  readonly lines: readonly { readonly x: number; readonly row: number | undefined; readonly mark: NumberedMark }[];
  readonly labels: readonly MarkLabel[];
  readonly rows: number;
}

export interface MarkScale {
  readonly xOf: (atS: number) => number;
  readonly left: number;
  readonly right: number;
}

/** More rows would take the plot's height. */
const MOST_ROWS = 2;
const GAP_PX = 8;
const LABEL_OFFSET_PX = 3;
const BADGE_PADDING_PX = 4;

/**
 * Where the labels of marks stand: each in words in one of two rows when all of them fit, otherwise as numbers, and numbers
 * that would touch as one range (`3–7`). No two labels overlap, and none leaves the plot unless a single one is wider.
 */
export function layoutMarks(marks: readonly Mark[], scale: MarkScale): MarkLayout {
  const numbered = numberedMarks(marks);
  const clamp = (x: number) => Math.min(Math.max(x, scale.left), scale.right);
  const lines = numbered.map((mark) => ({ mark, x: clamp(scale.xOf(mark.atS)) }));
  const words = inWords(lines, scale);
  const labels = words ?? asNumbers(lines, scale);
  return {
    lines: lines.map((line, at) => ({ ...line, row: words?.[at]?.row })),
    labels,
    rows: labels.reduce((rows, label) => Math.max(rows, label.row + 1), 0),
  };
}

type Lines = readonly { readonly x: number; readonly mark: NumberedMark }[];

function inWords(lines: Lines, scale: MarkScale): MarkLabel[] | undefined {
  const labels: MarkLabel[] = [];
  for (const { x, mark } of lines) {
    const text = plainLine(mark.label);
    const width = columnsOf(text) * columnPx();
    const after = x + LABEL_OFFSET_PX;
    const left = after + width <= scale.right ? after : x - LABEL_OFFSET_PX - width;
    const fits = (row: number) => labels.every((one) => one.row !== row || apart(one, { x: left, width }));
    const row = fits(0) ? 0 : MOST_ROWS - 1;
    if (left < scale.left || !fits(row)) return undefined;
    labels.push({ x: left, width, row, text });
  }
  return labels.some((label, at) => struckThrough(label, at, labels, lines)) ? undefined : labels;
}

/** A mark's line begins at the row of its label: it would go through a label of that row or of one below. */
function struckThrough(label: MarkLabel, at: number, labels: readonly MarkLabel[], lines: Lines): boolean {
  return lines.some(({ x }, other) => {
    const row = labels[other]?.row ?? 0;
    return other !== at && row <= label.row && x > label.x - 1 && x < label.x + label.width + 1;
  });
}

function apart(one: Pick<MarkLabel, 'x' | 'width'>, other: Pick<MarkLabel, 'x' | 'width'>): boolean {
  return one.x + one.width + GAP_PX <= other.x || other.x + other.width + GAP_PX <= one.x;
}

interface Group {
  readonly first: number;
  readonly last: number;
  readonly fromX: number;
  readonly toX: number;
}

function asNumbers(lines: Lines, scale: MarkScale): MarkLabel[] {
  const groups: Group[] = [];
  for (const { x, mark } of lines) {
    let group: Group = { first: mark.number, last: mark.number, fromX: x, toX: x };
    let before = groups.at(-1);
    while (before && !apart(badge(before, scale), badge(group, scale))) {
      group = { first: before.first, last: group.last, fromX: before.fromX, toX: group.toX };
      groups.pop();
      before = groups.at(-1);
    }
    groups.push(group);
  }
  return groups.map((group) => badge(group, scale));
}

function badge({ first, last, fromX, toX }: Group, scale: MarkScale): MarkLabel {
  const text = first === last ? String(first) : `${first}–${last}`;
  const width = columnsOf(text) * columnPx() + BADGE_PADDING_PX;
  const centred = (fromX + toX - width) / 2;
  return { x: Math.max(scale.left, Math.min(centred, scale.right - width)), width, row: 0, text };
}
