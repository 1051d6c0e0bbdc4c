import type { RedriveOptions } from './redrive-options.ts';
import { shown } from './shown.ts';
import type { Sorted } from './sort-page.ts';

/** What a run has seen, in words, at 80 columns. */
export interface RedriveReport {
  begin(position: bigint, end: bigint): void;
  page(sorted: readonly Sorted[]): void;
  /** @param next where the next redrive begins */
  end(next: bigint): void;
  /** Nothing that cannot be redriven, and something of what was asked for. */
  isAsAsked(): boolean;
}

const COLUMNS = 80;
/** What goes wrong with one dead letter goes wrong with thousands. */
const LINES_MAX = 20;
const INDENT = '  ';
const WIDTHS = { stream: 17, offsets: 15, condition: 22, error: 14, count: 5 } as const;

/** Of the dead letters that have a key in common. */
interface Tally {
  readonly first: bigint;
  last: bigint;
  count: number;
}

const increment = (counts: Map<string, number>, key: string) => void counts.set(key, (counts.get(key) ?? 0) + 1);
const tally = <Key>(tallies: Map<Key, Tally>, key: Key, offset: bigint): void => {
  const known = tallies.get(key) ?? { first: offset, last: offset, count: 0 };
  known.last = offset;
  known.count += 1;
  tallies.set(key, known);
};
const plural = (count: number) => `${count} dead letter${count === 1 ? '' : 's'}`;

export function redriveReport({ from, mode, limit }: RedriveOptions, print: (line: string) => void): RedriveReport {
  /** By stream, condition and error, as JSON. */
  const groups = new Map<string, Tally>();
  const targets = new Map<string, number>();
  /** By what is wrong: what is wrong with one is wrong with thousands. */
  const problems = new Map<string, Tally>();
  const others = new Map<string, number>();
  const counts = { read: 0, due: 0, done: 0, other: 0, problem: 0, beyondLimit: 0, skipped: 0 };
  let lastOffset = 0n;

  const group = (one: Extract<Sorted, { is: 'due' }>): void => {
    const { partition, condition, failure } = one.letter;
    tally(groups, JSON.stringify([partition, condition, failure?.code ?? '']), one.offset);
    increment(targets, partition);
  };

  const problemLines = (): void => {
    const all = [...problems];
    for (const [problem, { first, last, count }] of all.slice(0, LINES_MAX)) {
      const where = count === 1 ? `offset ${first}` : `${count} of offsets ${first}–${last}`;
      print(shown(`✗ ${where}: ${problem}`, COLUMNS));
    }
    if (all.length > LINES_MAX) print(`✗ and ${all.length - LINES_MAX} kinds more`);
  };
  const noneAsked = () => counts.other > 0 && counts.other + counts.skipped === counts.read;
  const otherLines = (): void => {
    print('✗ None is what was asked for. There are those that were given up on by');
    for (const [what, count] of [...others].slice(0, LINES_MAX)) {
      print(shown(`${INDENT}${String(count).padStart(WIDTHS.count)} ${what}`, COLUMNS));
    }
  };

  const row = ([stream, offsets, condition, error]: readonly string[], count: string): string => {
    const cells: readonly (readonly [string | undefined, number])[] = [
      [stream, WIDTHS.stream],
      [offsets, WIDTHS.offsets],
      [condition, WIDTHS.condition],
      [error, WIDTHS.error],
    ];
    const padded = cells.map(([text = '', width]) => shown(text, width).padEnd(width));
    return `${INDENT}${padded.join(' ')} ${count.padStart(WIDTHS.count)}`;
  };

  const table = (): void => {
    print(row(['stream', 'offsets', 'condition', 'error'], 'count'));
    const largest = [...groups].sort(([, one], [, two]) => two.count - one.count);
    for (const [cells, { first, last, count }] of largest.slice(0, LINES_MAX)) {
      const [stream = '', condition = '', error = '']: string[] = JSON.parse(cells);
      const offsets = first === last ? String(first) : `${first}–${last}`;
      print(row([stream, offsets, condition, error], String(count)));
    }
    if (largest.length > LINES_MAX) print(`${INDENT}and ${largest.length - LINES_MAX} kinds more`);
  };

  const targetLines = (): void => {
    const all = [...targets].slice(0, LINES_MAX);
    for (const [stream, count] of all)
      print(`${INDENT}${String(count).padStart(WIDTHS.count)} to ${shown(stream, 60)}`);
    if (targets.size > LINES_MAX) print(`${INDENT}and to ${targets.size - LINES_MAX} streams more`);
  };

  return {
    begin: (position, end) => print(`Dead letters in ${shown(from, 40)}: offsets ${position} to ${end - 1n}`),
    page(sorted) {
      for (const one of sorted) {
        counts.read += 1;
        counts[one.is] += 1;
        lastOffset = one.offset;
        if (one.is === 'due') group(one);
        if (one.is === 'problem') tally(problems, one.problem, one.offset);
        if (one.is === 'other') increment(others, `${one.letter.functionName} of ${one.letter.partition}`);
      }
      if (mode === 'redrive') print(`${INDENT}${counts.read} read, ${counts.due} redriven, at offset ${lastOffset}`);
    },
    end(next) {
      const { due, done, other, problem, skipped } = counts;
      problemLines();
      if (mode === 'list' && due > 0) table();
      const what = { redrive: 'Redriven', 'dry-run': 'Would be redriven', list: 'To redrive' }[mode];
      print(`${what}: ${plural(due)}${due === limit ? ' (the limit)' : ''}`);
      if (mode !== 'list') targetLines();
      if (done > 0) print(`Redriven before: ${plural(done)}`);
      if (skipped > 0) print(`Left for good, as asked: ${plural(skipped)}`);
      if (other > 0) print(`Not asked for: ${plural(other)}`);
      if (noneAsked()) otherLines();
      if (problem > 0) print(`Cannot be redriven, and stay: ${plural(problem)}`);
      if (mode === 'redrive') print(`The next redrive begins at offset ${next}`);
    },
    isAsAsked: () => counts.problem === 0 && !noneAsked(),
  };
}
