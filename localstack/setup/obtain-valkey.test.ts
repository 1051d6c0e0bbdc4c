import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { obtainValkey } from './obtain-valkey.ts';
import { silentProgress } from './progress.ts';
import { runProgram } from './run-program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heartline-valkey-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Asks on a machine whose cache is empty and whose PATH is this folder: prints the program, or the error. */
function obtainHere(): string {
  const script = `
    import { obtainValkey } from './obtain-valkey.ts';
    import { silentProgress } from './progress.ts';
    try { console.log((await obtainValkey(silentProgress)).file); } catch (error) { console.log(error.message); }`;
  return spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: import.meta.dirname,
    env: { PATH: folder, XDG_CACHE_HOME: folder, HOME: folder },
    encoding: 'utf8',
  }).stdout.trim();
}

function onPath(name: string, printed: string): void {
  const program = join(folder, name);
  writeFileSync(program, `#!/bin/sh\necho '${printed}'\n`);
  chmodSync(program, 0o755);
}

test('the program that is obtained runs', async () => {
  const { file, libraryPath } = await obtainValkey(silentProgress);
  const env = { PATH: process.env['PATH'], ...(libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath }) };
  expect(await runProgram(file, ['--version'], { env })).toMatch(/server v=([7-9]|\d\d)\./);
}, 300_000);

test.each([
  ['valkey-server', 'Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64'],
  ['redis-server', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64'],
])('%s on PATH is taken', (name, printed) => {
  onPath(name, printed);
  expect(obtainHere()).toBe(name);
});

test('an older one on PATH is not; what is missing is named with the commands for each platform', () => {
  onPath('redis-server', 'Redis server v=6.2.14 sha=00000000:0');
  const message = obtainHere();
  expect(message).toContain('Valkey or Redis ≥ 7 is missing and could not be obtained.');
  expect(message).toContain('tried: PATH: valkey-server: not found');
  expect(message).toContain('tried: PATH: redis-server is 6.2.14, ≥ 7 is needed');
  expect(message).toMatch(/Debian\/Ubuntu.*\n.*macOS.*brew install valkey\n.*Docker/);
});
