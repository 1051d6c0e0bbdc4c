import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { obtainChromium } from './obtain-chromium.ts';
import { silentProgress } from './progress.ts';
import { runProgram } from './run-program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heartline-chromium-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Asks on a machine whose cache is empty and whose PATH is this folder: prints the program, or the error. */
function obtainHere(): string {
  const script = `
    import { obtainChromium } from './obtain-chromium.ts';
    import { silentProgress } from './progress.ts';
    try { console.log((await obtainChromium(silentProgress)).file); } catch (error) { console.log(error.message); }`;
  return spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: import.meta.dirname,
    env: { PATH: folder, XDG_CACHE_HOME: folder, HOME: folder },
    encoding: 'utf8',
  }).stdout.trim();
}

test('the program that is obtained runs', async () => {
  const { file, environment } = await obtainChromium(silentProgress);
  const printed = await runProgram(file, ['--version'], { env: { ...process.env, ...environment } });
  expect(printed).toMatch(/Chrom(e|ium) \d+\./);
}, 300_000);

test('one on PATH is taken', () => {
  const program = join(folder, 'chromium-browser');
  writeFileSync(program, '#!/bin/sh\necho Chromium 150.0.0.0\n');
  chmodSync(program, 0o755);
  expect(obtainHere()).toBe(program);
});

test('what is missing is named with the commands for each platform', () => {
  const message = obtainHere();
  expect(message).toContain('Chromium is missing and could not be obtained.');
  expect(message).toContain('tried: PATH has none of chromium,');
  expect(message).toMatch(/Debian\/Ubuntu.*\n.*macOS.*brew install.*\n.*Docker/);
});
