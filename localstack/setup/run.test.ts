import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** A project of its own with this first step, one command, and an npm that does as told. */
describe('the first step of every npm script', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'heartline-run-'));
    for (const folder of ['localstack/setup', 'localstack/commands', 'path'])
      mkdirSync(join(root, folder), { recursive: true });
    await copyFile(join(import.meta.dirname, 'run.mjs'), join(root, 'localstack/setup/run.mjs'));
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion":3}');
    writeFileSync(
      join(root, 'localstack/commands/greet.ts'),
      'const who: string = process.argv[2] ?? "nobody"; console.log("hello " + who); process.exit(who === "nobody" ? 7 : 0);',
    );
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  function npmDoes(script: string): void {
    const file = join(root, 'path', 'npm');
    writeFileSync(file, `#!/bin/sh\necho run >> ${join(root, 'npm-runs')}\n${script}\n`);
    chmodSync(file, 0o755);
  }
  const installs = `mkdir -p node_modules/.bin && ln -sf ${process.execPath} node_modules/.bin/node`;
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'localstack/setup/run.mjs'), ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${join(root, 'path')}:/usr/bin:/bin` },
    });
  const npmRuns = () => spawnSync('cat', [join(root, 'npm-runs')], { encoding: 'utf8' }).stdout.split('\n').length - 1;

  test('installs the packages once, then hands over with arguments and exit code', () => {
    npmDoes(installs);
    const first = run('greet', 'ward');
    expect(first).toMatchObject({ status: 0, stdout: 'hello ward\n' });
    expect(first.stderr).toContain('installing');
    const second = run('greet');
    expect(second).toMatchObject({ status: 7, stdout: 'hello nobody\n', stderr: '' });
    expect(npmRuns()).toBe(1);
  });

  test('an interrupted install is not trusted: the next run installs again', () => {
    npmDoes(`${installs}; exit 1`);
    const failed = run('greet', 'ward');
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain("'npm ci' failed");
    expect(existsSync(join(root, 'node_modules/.installed-from'))).toBe(false);
    npmDoes(installs);
    expect(run('greet', 'ward')).toMatchObject({ status: 0, stdout: 'hello ward\n' });
    expect(npmRuns()).toBe(2);
  });

  test('a changed lock file installs again', () => {
    npmDoes(installs);
    run('greet', 'ward');
    writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion":3,"changed":true}');
    run('greet', 'ward');
    expect(npmRuns()).toBe(2);
  });

  test('a command that does not exist is named', () => {
    npmDoes(installs);
    for (const name of ['nonsense', '../setup/run', '']) {
      const answer = run(name);
      expect(answer.status).toBe(1);
      expect(answer.stderr).toContain(`there is no command '${name}'`);
    }
  });
});
