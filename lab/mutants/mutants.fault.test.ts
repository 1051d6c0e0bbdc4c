import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownPorts, portSettings } from '../run/own-ports.ts';
import { labCommand } from '../testing/lab-command.ts';

const RUN_TIMEOUT_MS = 300_000;
const SALE = join(import.meta.dirname, 'short-sale.yml');

async function sale(...args: string[]): Promise<{ code: number | null; output: string }> {
  const home = mkdtempSync(join(tmpdir(), 'heartline-mutant-'));
  try {
    const command = labCommand([SALE, ...args], { ...portSettings(await ownPorts()), HEARTLINE_HOME: home });
    return { code: await command.ended, output: command.output() };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

// As it is, the stage is right: lab/workers. Two at a time: most of a run is waiting.
describe.concurrent('a sale whose workers are killed', () => {
  test.each([
    ['no-dedupe', /messages were delivered more than once/],
    ['no-guard', /SKUs? (was|were) sold more often than (it was|they were) there/],
  ])('the mutant %s is found', { timeout: RUN_TIMEOUT_MS }, async (name, words) => {
    const { code, output } = await sale('--mutant', name);
    expect(output).toContain(`! the stage was made wrong on purpose: ${name}`);
    expect(output).toMatch(words);
    expect(output).toContain('the claim did not hold');
    expect(code).toBe(1);
  });
});
