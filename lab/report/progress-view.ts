import pc from 'picocolors';
import { columnsOf, fitted, plainLine } from './columns.ts';

/** What runs now. */
export interface ProgressState {
  /** From 1. */
  readonly case: number;
  readonly cases: number;
  readonly title: string;
  readonly phase: string;
  readonly phaseElapsedS: number;
  readonly phaseS: number;
  /** The active ones, in words. */
  readonly toxics: readonly string[];
  /** This second's, each with its unit. */
  readonly figures: readonly { readonly label: string; readonly text: string }[];
}

export interface ProgressView {
  update(state: ProgressState): void;
  /** A line of its own, that stays. */
  say(line: string): void;
  /** Takes the view off the terminal. May be called more than once. */
  stop(): void;
}

/** The part of a terminal or a pipe that the view needs. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** Milliseconds of a steady clock; performance.now unless given. */
  readonly now?: () => number;
  /** As picocolors finds unless given: not with NO_COLOR. */
  readonly colour?: boolean;
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
/** A pipe gets a line this often, and one at each change of case or phase. */
const PIPE_LINE_MS = 5_000;
const SHORTEST_REDRAW_MS = 100;
const BAR_COLUMNS = 24;

/**
 * The run, live: at a terminal one block that is redrawn in place, elsewhere single lines. It keeps no timer and never hides
 * the cursor, so nothing has to be restored when the process is interrupted or killed. Text from outside loses its escapes.
 */
export function createProgressView(output: ProgressOutput, options: ProgressOptions = {}): ProgressView {
  const terminal = output.isTTY === true;
  const now = options.now ?? (() => performance.now());
  const paint = pc.createColors(terminal && (options.colour ?? pc.isColorSupported));
  let drawn: readonly string[] = [];
  let last: ProgressState | undefined;
  let writtenAtMs = Number.NEGATIVE_INFINITY;

  /** A terminal made narrower since has wrapped the lines, and the block takes more rows. */
  const eraser = (): string => {
    const columns = Math.max(1, output.columns ?? DEFAULT_COLUMNS);
    const taken = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsOf(line) / columns)), 0);
    const rows = Math.min(taken, (output.rows ?? DEFAULT_ROWS) - 1);
    return rows > 0 ? `\u001b[${rows}A\r\u001b[0J` : '';
  };
  const block = (state: ProgressState): string[] => {
    const width = Math.max(1, (output.columns ?? DEFAULT_COLUMNS) - 1);
    const lines = blockLines(state, width, paint);
    return lines.slice(0, Math.max(1, (output.rows ?? DEFAULT_ROWS) - 1));
  };
  const draw = (above: string, state: ProgressState | undefined) => {
    const lines = state ? block(state) : [];
    output.write(eraser() + above + lines.map((line) => `${line}\n`).join(''));
    drawn = lines;
  };
  const changed = (state: ProgressState) => state.case !== last?.case || state.phase !== last.phase;

  return {
    update(state) {
      const at = now();
      const due = at - writtenAtMs >= (terminal ? SHORTEST_REDRAW_MS : PIPE_LINE_MS) || changed(state);
      last = state;
      if (!due) return;
      writtenAtMs = at;
      if (terminal) draw('', state);
      else output.write(`${pipeLine(state)}\n`);
    },
    say(line) {
      const text = `${plainLine(line)}\n`;
      if (terminal) draw(text, last);
      else output.write(text);
    },
    stop() {
      last = undefined;
      if (terminal && drawn.length > 0) draw('', undefined);
    },
  };
}

function secondsLeft(state: ProgressState): string {
  return `${Math.max(0, Math.ceil(state.phaseS - state.phaseElapsedS))} s left`;
}

function figuresText(state: ProgressState): string {
  return state.figures.map(({ label, text }) => `${plainLine(label)} ${plainLine(text)}`).join('   ');
}

function heading(state: ProgressState): string {
  return `case ${state.case} of ${state.cases}: ${plainLine(state.title)}`;
}

function blockLines(state: ProgressState, width: number, paint: ReturnType<typeof pc.createColors>): string[] {
  const share = state.phaseS > 0 ? Math.min(1, Math.max(0, state.phaseElapsedS / state.phaseS)) : 0;
  const full = Math.round(share * BAR_COLUMNS);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_COLUMNS - full);
  const phase = fitted(`${plainLine(state.phase)}  ${bar}  ${secondsLeft(state)}`, width);
  const toxics = state.toxics.map((toxic) => paint.yellow(fitted(`! ${plainLine(toxic)}`, width)));
  const figures = state.figures.length > 0 ? [fitted(figuresText(state), width)] : [];
  return [paint.bold(fitted(heading(state), width)), phase, ...toxics, ...figures];
}

function pipeLine(state: ProgressState): string {
  const phase = `${plainLine(state.phase)}, ${secondsLeft(state)}`;
  const toxics = state.toxics.length > 0 ? [state.toxics.map(plainLine).join(' and ')] : [];
  const figures = state.figures.length > 0 ? [figuresText(state).replaceAll('   ', ', ')] : [];
  return [heading(state), phase, ...toxics, ...figures].join('; ');
}
