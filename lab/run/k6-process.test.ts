import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../localstack/testing/eventually.ts';
import { processIdentity } from '../../shared/process-identity.ts';
import { startK6 } from './k6-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'heartline-k6-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that is run as k6 is; `$out` is where it writes its points. */
function program(body: string): string {
  const file = join(folder, 'program.sh');
  writeFileSync(
    file,
    `#!/bin/sh\nfor word in "$@"; do case "$word" in json=*) out="\${word#json=}";; esac; done\n${body}\n`,
  );
  chmodSync(file, 0o755);
  return file;
}
const started = (body: string) =>
  startK6({ program: program(body), script: 'load.ts', environment: { SEED: '3' }, folder });

async function textOf(points: Readable): Promise<string> {
  let text = '';
  for await (const chunk of points) text += chunk;
  return text;
}

describe('the load generator as a process', () => {
  test('all its points come through, and the points end when it does', async () => {
    const k6 = started('i=0; while [ $i -lt 2000 ]; do echo "{\\"point\\":$i}"; i=$((i+1)); done > "$out"');
    const lines = (await textOf(k6.points)).trim().split('\n');
    expect(lines).toHaveLength(2_000);
    expect(lines.at(-1)).toBe('{"point":1999}');
    expect(await k6.ended).toMatchObject({ failure: undefined });
  });

  test('one that opens no pipe ends, too', async () => {
    const k6 = started('echo done');
    expect(await textOf(k6.points)).toBe('');
    expect(await k6.ended).toEqual({ failure: undefined, output: 'done' });
  });

  test.each([
    ['echo why >&2; exit 99', 'code 99', 'why'],
    ['kill -9 $$', 'SIGKILL', ''],
  ])('%s is told as %s', async (body, failure, output) => {
    const k6 = started(body);
    k6.points.resume();
    expect(await k6.ended).toEqual({ failure, output });
  });

  test('it gets its settings as words, and none that a person has set for k6 elsewhere', async () => {
    vi.stubEnv('K6_VUS', '1');
    const k6 = started('echo "$@ vus=$K6_VUS"');
    k6.points.resume();
    vi.unstubAllEnvs();
    expect((await k6.ended).output).toMatch(/-e SEED=3 load\.ts vus=$/);
  });

  test('stopped, it ends, even one that does not want to; and again is harmless', { timeout: 30_000 }, async () => {
    const k6 = started('trap "" TERM; echo "$$" > "$out"; while true; do sleep 0.1; done');
    let text = '';
    k6.points.on('data', (chunk) => {
      text += chunk;
    });
    await eventually('its process id', () => text !== '');
    expect(processIdentity(Number(text))).toBeDefined();
    await k6.stop();
    expect(processIdentity(Number(text))).toBeUndefined();
    await k6.stop();
  });

  test('a program that is not there is an error that says so', async () => {
    const k6 = startK6({ program: join(folder, 'none'), script: 'x', environment: {}, folder });
    k6.points.resume();
    await expect(k6.ended).rejects.toMatchObject({
      code: 'lab_k6',
      message: expect.stringContaining('k6 could not be run'),
    });
  });
});
