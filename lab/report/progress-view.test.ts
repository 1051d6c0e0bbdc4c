import { describe, expect, test } from 'vitest';
import { columnsOf } from './columns.ts';
import { createProgressView, type ProgressState } from './progress-view.ts';
import { terminalScreen } from './testing/terminal-screen.ts';

const state: ProgressState = {
  case: 1,
  cases: 2,
  title: '10 % of messages lost between broker and consumer',
  phase: 'under fault',
  phaseElapsedS: 10,
  phaseS: 40,
  toxics: ['10 % of PUBLISH packets dropped, broker → consumer'],
  figures: [
    { label: 'sent', text: '60 /s' },
    { label: 'received', text: '54 /s' },
  ],
};

/** A view whose clock goes on by a second with each reading. */
function viewOn(output: Parameters<typeof createProgressView>[0]) {
  let ms = 0;
  const now = () => {
    ms += 1000;
    return ms;
  };
  return createProgressView(output, { now, colour: false });
}

describe('at a terminal', () => {
  test('one block shows case, phase, seconds left, faults and figures, and is redrawn in its place', () => {
    const screen = terminalScreen({ columns: 80, rows: 24 });
    const view = viewOn(screen);
    view.say('seed 1');
    view.update(state);
    view.update({ ...state, phaseElapsedS: 20.5 });
    expect(screen.lines()).toEqual([
      'seed 1',
      'case 1 of 2: 10 % of messages lost between broker and consumer',
      'under fault  ████████████░░░░░░░░░░░░  20 s left',
      '! 10 % of PUBLISH packets dropped, broker → consumer',
      'sent 60 /s   received 54 /s',
    ]);
  });

  test('what is said stays above the block; after the end only that is left', () => {
    const screen = terminalScreen({ columns: 80, rows: 24 });
    const view = viewOn(screen);
    view.update(state);
    view.say('baseline measured');
    expect(screen.lines()[0]).toBe('baseline measured');
    expect(screen.lines()).toHaveLength(5);
    view.stop();
    view.stop();
    view.say('done');
    expect(screen.lines()).toEqual(['baseline measured', 'done']);
  });

  test.each([79, 60, 41, 100])('after a change to %d columns nothing of the old block is left', (columns) => {
    const screen = terminalScreen({ columns: 80, rows: 24 });
    const view = viewOn(screen);
    view.update(state);
    screen.resize(columns);
    view.update(state);
    expect(screen.lines()).toHaveLength(4);
    for (const line of screen.lines()) expect(columnsOf(line)).toBeLessThan(columns);
  });

  test('no line reaches the edge, whatever the names are, and a low terminal shows fewer', () => {
    for (const columns of [80, 20, 3]) {
      const screen = terminalScreen({ columns, rows: 3 });
      viewOn(screen).update({ ...state, title: '日本語'.repeat(40), toxics: ['x'.repeat(300), '👩‍⚕️'.repeat(80)] });
      expect(screen.lines()).toHaveLength(2);
      for (const line of screen.lines()) expect(columnsOf(line)).toBeLessThan(columns);
    }
  });

  test('the cursor is never hidden, and names cannot steer the terminal', () => {
    const screen = terminalScreen({ columns: 80, rows: 24 });
    const view = viewOn(screen);
    view.update({ ...state, title: '\u001b[?25l\u001b[2J\u0007title\r\n' });
    view.say('\u001b[2Jsaid\u001b]0;x\u0007');
    view.stop();
    expect(new Set(screen.sequences)).toEqual(new Set(['A', 'J']));
  });

  test('updates that come faster than 100 ms are not all drawn, a new phase always is', () => {
    let written = 0;
    const output = { isTTY: true, columns: 80, rows: 24, write: () => (written += 1) };
    const view = createProgressView(output, { now: () => 1000, colour: false });
    for (let count = 0; count < 50; count += 1) view.update(state);
    expect(written).toBe(1);
    view.update({ ...state, phase: 'after' });
    expect(written).toBe(2);
  });
});

describe('in a pipe', () => {
  function piped(seconds: number) {
    let text = '';
    const view = viewOn({ write: (chunk) => (text += chunk) });
    for (let second = 0; second < seconds; second += 1) view.update({ ...state, phaseElapsedS: second });
    return { view, lines: () => text.trimEnd().split('\n') };
  }

  test('a single plain line every five seconds', () => {
    const { lines } = piped(15);
    expect(lines()).toHaveLength(3);
    expect(lines()[1]).toBe(
      'case 1 of 2: 10 % of messages lost between broker and consumer; under fault, 35 s left; 10 % of PUBLISH packets dropped, broker → consumer; sent 60 /s, received 54 /s',
    );
  });

  test('a new phase is told at once; the end writes nothing', () => {
    const { view, lines } = piped(2);
    view.update({ ...state, phase: 'after', toxics: [] });
    view.stop();
    expect(lines()).toHaveLength(2);
    expect(lines()[1]).toContain('; after, 30 s left; sent');
  });
});
