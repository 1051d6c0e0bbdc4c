import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { obtainOnce } from './cache.ts';

describe('obtainOnce', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heartline-cache-'));
    vi.stubEnv('XDG_CACHE_HOME', folder);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
  const entries = () => readdirSync(join(folder, 'heartline'));

  test('builds once and then finds it', async () => {
    const build = vi.fn(async (staging: string) => writeFile(join(staging, 'file'), 'x'));
    const first = await obtainOnce('tool-1', build);
    expect(await obtainOnce('tool-1', build)).toBe(first);
    expect(build).toHaveBeenCalledTimes(1);
    expect(readFileSync(join(first, 'file'), 'utf8')).toBe('x');
  });

  test('a build that fails half-way leaves nothing that is trusted later', async () => {
    const failing = async (staging: string) => {
      await writeFile(join(staging, 'half'), 'x');
      throw new Error('the network went away');
    };
    await expect(obtainOnce('tool-1', failing)).rejects.toThrow('the network went away');
    expect(entries()).toEqual([]);
  });

  test('what a killed build leaves is not taken for the tool, and is swept a day later', async () => {
    const left = join(folder, 'heartline', '.staging-tool-1-killed');
    mkdirSync(left, { recursive: true });
    await obtainOnce('tool-1', async () => undefined);
    expect(existsSync(left)).toBe(true); // it may belong to a set-up at work
    const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 60 * 60;
    utimesSync(left, twoDaysAgo, twoDaysAgo);
    await obtainOnce('tool-2', async () => undefined);
    expect(entries().sort()).toEqual(['tool-1', 'tool-2']);
  });

  test('two set-ups at once both end with one complete result', async () => {
    const build = async (staging: string) => writeFile(join(staging, 'file'), 'whole');
    const [one, two] = await Promise.all([obtainOnce('tool-1', build), obtainOnce('tool-1', build)]);
    expect(one).toBe(two);
    expect(readFileSync(join(one, 'file'), 'utf8')).toBe('whole');
    expect(entries()).toEqual(['tool-1']);
  });
});
