import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownPorts, portSettings } from '../run/own-ports.ts';
import { labCommand } from '../testing/lab-command.ts';

const RUN_TIMEOUT_MS = 300_000;

async function lab(experiment: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const home = mkdtempSync(join(tmpdir(), 'heartline-mutant-'));
  try {
    const command = labCommand([join(import.meta.dirname, experiment), ...args], {
      ...portSettings(await ownPorts()),
      HEARTLINE_HOME: home,
    });
    return { code: await command.ended, output: command.output() };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

// As they are, the stages are right: lab/workers, functions/medical-events. Two at a time: most of a run is waiting.
describe.concurrent('in a stage whose workers are killed', () => {
  test.each([
    ['short-sale.yml', 'no-dedupe', /messages were delivered more than once/],
    ['short-ward.yml', 'no-dedupe', /events? (was|were) processed twice/],
  ])('%s finds the mutant %s', { timeout: RUN_TIMEOUT_MS }, async (experiment, name, words) => {
    const { code, output } = await lab(experiment, '--mutant', name);
    expect(output).toContain(`! the stage was made wrong on purpose: ${name}`);
    expect(output).toMatch(words);
    expect(output).toContain('the claim did not hold');
    expect(code).toBe(1);
  });
});
