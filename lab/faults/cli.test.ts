import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseRabbitmqStreamOptions } from '../../localstack/triggers/stream/options.ts';
import { readService } from '../../localstack/worker/service.ts';
import { faultsFromCommandLine } from './cli.ts';
import { MUTANTS } from './mutants/mutants.ts';

const MOST_COLUMNS = 80;

async function printed(...args: string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  const code = await faultsFromCommandLine(args);
  write.mockRestore();
  return { code, text };
}
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the fault checker’s command line', () => {
  test('prints its help, with every mutant, in 80 columns', async () => {
    const { code, text } = await printed('--help');
    expect(code).toBe(0);
    expect(widest(text)).toBeLessThanOrEqual(MOST_COLUMNS);
    for (const name of Object.keys(MUTANTS)) expect(text).toContain(name);
  });

  test('prints the schedule of a seed, the same each time, and does nothing', async () => {
    const first = await printed('--plan', '--seed', '7', '--minutes', '10');
    const again = await printed('--plan', '--seed', '7', '--minutes', '10');
    expect(first).toEqual(again);
    expect(first.code).toBe(0);
    expect(first.text).toContain('kill -9 of the broker');
    expect(widest(first.text)).toBeLessThanOrEqual(MOST_COLUMNS);
  });

  test.each([
    [['--minutes', '0']],
    [['--seed', '1.5']],
    [['--replicas', '0']],
    [['--rate', 'fast']],
    [['--mutant', 'unknown']],
    [['--wrong']],
    [['word']],
  ])('%j is refused', async (args) => {
    await expect(faultsFromCommandLine(args)).rejects.toMatchObject({ code: 'argument' });
  });
});

describe('the workload’s functions', () => {
  const folder = `${import.meta.dirname}/workload`;
  const service = readService({ folder, environment: {}, instanceId: 'test' });
  const optionsOf = (name: string) => parseRabbitmqStreamOptions(service.read(name).events[0]?.['rabbitmqStream']);

  test.each(['right', ...Object.values(MUTANTS).map((mutant) => mutant.function)])('%s has valid options', (name) => {
    expect(optionsOf(name)).toMatchObject({ ok: true, options: { checkpoint: 'postgres', superStream: 'faults.raw' } });
  });

  test('only the mutant has no failure destination', () => {
    expect(optionsOf('right')).toMatchObject({ options: { onFailure: 'faults.dead' } });
    expect(optionsOf('no-failure-destination')).toMatchObject({ options: { onFailure: undefined } });
  });
});
