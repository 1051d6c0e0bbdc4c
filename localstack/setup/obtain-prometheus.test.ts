import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { obtainPrometheus } from './obtain-prometheus.ts';
import { silentProgress } from './progress.ts';
import { versionOutput } from './run-program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heartline-prometheus-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Asks on a machine whose cache is empty and whose PATH is this folder: prints the path, or the error. */
function obtainHere(): string {
  const script = `
    import { obtainPrometheus } from './obtain-prometheus.ts';
    import { silentProgress } from './progress.ts';
    try { console.log(await obtainPrometheus(silentProgress)); } catch (error) { console.log(error.message); }`;
  return spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: import.meta.dirname,
    env: { PATH: folder, XDG_CACHE_HOME: folder, HOME: folder },
    encoding: 'utf8',
  }).stdout.trim();
}

function onPath(version: string): void {
  const program = join(folder, 'prometheus');
  writeFileSync(program, `#!/bin/sh\necho 'prometheus, version ${version} (branch: HEAD)'\n`);
  chmodSync(program, 0o755);
}

test('the program that is obtained runs, and stores native histograms', async () => {
  const program = await obtainPrometheus(silentProgress);
  expect(await versionOutput(program)).toMatch(/prometheus, version (2\.[4-9]\d|[3-9])/);
}, 300_000);

test.each(['2.40.0', '2.53.3+ds1', '3.5.0'])('%s on PATH is taken', (version) => {
  onPath(version);
  expect(obtainHere()).toBe('prometheus');
});

test('an older one on PATH is not; what is missing is named with the commands for each platform', () => {
  onPath('2.39.1');
  const message = obtainHere();
  expect(message).toContain('Prometheus ≥ 2.40 is missing and could not be obtained.');
  expect(message).toContain('tried: PATH has prometheus 2.39.1, ≥ 2.40 is needed');
  expect(message).toMatch(/Debian\/Ubuntu.*\n.*macOS.*brew install prometheus\n.*Docker/);
});
