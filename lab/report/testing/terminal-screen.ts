import { columnsOf } from '../columns.ts';

// The escape sequences that the progress view uses: up, erase below, colours.
const ESCAPE = '\u001b';
const SEQUENCE = new RegExp(`${ESCAPE}\\[(\\d*)([A-Za-z])|\\r|\\n|[^${ESCAPE}\\r\\n]+`, 'y');

/** A terminal of the tests: what was written to it, as a screen shows it. Lines that wrap take more rows. */
export function terminalScreen(size: { columns: number; rows: number }) {
  let screen: string[] = [''];
  let row = 0;
  const sequences: string[] = [];

  function put(text: string): void {
    screen[row] = (screen[row] ?? '') + text;
    if (columnsOf(screen[row] ?? '') > size.columns)
      throw new Error(`a line of more than ${size.columns} columns: ${text}`);
  }
  function control(count: number, letter: string): void {
    sequences.push(letter);
    if (letter === 'A') row = Math.max(0, row - count);
    else if (letter === 'J') screen = [...screen.slice(0, row), ''];
    else if (letter !== 'm') throw new Error(`sequence ${letter} is not expected`);
  }
  return {
    isTTY: true,
    get columns() {
      return size.columns;
    },
    get rows() {
      return size.rows;
    },
    sequences,
    write(text: string) {
      SEQUENCE.lastIndex = 0;
      for (let match = SEQUENCE.exec(text); match; match = SEQUENCE.exec(text)) {
        if (match[2] !== undefined) control(Number(match[1] || 1), match[2]);
        else if (match[0] === '\n') {
          row += 1;
          if (row === screen.length) screen.push('');
        } else if (match[0] !== '\r') put(match[0]);
      }
    },
    /** Narrower or wider; lines are wrapped anew, as terminals do that reflow. */
    resize(columns: number) {
      const below = screen.length - row;
      screen = screen.flatMap((line) => chunks(line, columns));
      size.columns = columns;
      row = screen.length - below;
    },
    lines: (): string[] => screen.slice(0, row),
  };
}

function chunks(line: string, columns: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at === 0 || at < line.length; at += columns) pieces.push(line.slice(at, at + columns));
  return pieces;
}
