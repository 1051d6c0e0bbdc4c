import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { labCli } from './cli.ts';

let output = '';
beforeEach(() => {
  output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

describe('npm run lab', () => {
  test('alone lists the experiments with their cases', async () => {
    expect(await labCli([])).toBe(0);
    expect(output).toMatch(/healthcare\/1 .*\n +latency: /);
    expect(output).toMatch(/healthcare\/2 .*\n +loss: /);
  });

  test.each<[string[], string]>([
    [['--help'], 'npm run lab -- toxic <what>'],
    [['healthcare/1', '--help'], '--duration S'],
    [['alarm-quality', '--help'], '--recordings DIR'],
    [['start', '--help'], '--seed N'],
    [['toxic', '--help'], 'toxic add <link> <type>'],
  ])('%j says what there is', async (args, said) => {
    expect(await labCli(args)).toBe(0);
    expect(output).toContain(said);
  });

  test.each<[string[], string | RegExp]>([
    [['healthcare/9'], /no experiment 'healthcare\/9'.*healthcare\/1/],
    [['--case', 'loss'], '--case: name an experiment first'],
    [['healthcare/1', 'healthcare/2'], "'healthcare/2' is one too many"],
    [['healthcare/2', '--case', 'none'], /no case 'none'. It has: loss, flap, /],
    [['healthcare/2', '--speed', '3'], /'--speed'.*npm run lab <experiment>/s],
    [['healthcare/2', '--rate', '0'], '--rate 0: give a whole number from 1'],
    [['healthcare/2', '--rate', '1.5'], '--rate 1.5: give a whole number from 1'],
    [['healthcare/2', '--rate', '30,,60'], '--rate : give a whole number from 1'],
    [['healthcare/1', '--rate', '30,60', '--duration', '4.01'], /This load cannot be applied/],
    [['healthcare/2', '--duration', '5'], /In phases of 5 s the link of case flap, .* give --duration 7 or more/],
    [['healthcare/2', '--duration', '1h'], '--duration 1h: give a number from 4'],
    [['healthcare/2', '--seed', 'x'], '--seed x: give a whole number from 0'],
    [['healthcare/2', '--running'], /^Case flap-session needs HEARTLINE_AT_MOST_ONCE_SESSION_EXPIRY=3600/],
    [['healthcare/2', '--case', 'loss', '--running', '--keep'], '--keep: a stack that is used by --running'],
    [
      ['inventory/crash', '--running', '--mutant', 'no-guard'],
      '--mutant: a stack that goes on running must not stay wrong',
    ],
    [['inventory/crash', '--mutant', 'constructor'], 'Stage purchase has: no-dedupe, no-guard'],
    [['healthcare/2', '--mutant', 'no-guard'], 'Of stage at-most-once there are none'],
    [['healthcare/1', '--report', tmpdir()], /^--report .* cannot be written: it is a folder/],
    [['healthcare/1', '--json', join(import.meta.filename, 'a.json')], /^--json .* is a file, not a folder/],
    [['healthcare/1', '--json', 'a.html', '--report', './a.html'], '--json and --report name the same file'],
    [['start', '--seed', '-1'], '--seed'],
    [['start', 'healthcare/1'], "'healthcare/1' is one too many"],
    [['toxic', 'ad'], "There is no 'toxic ad'"],
  ])('%j is refused before anything starts', async (args, said) => {
    await expect(labCli(args)).rejects.toThrow(said);
    expect(output).toBe('');
  });
});
