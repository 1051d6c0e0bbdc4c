import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Asks for the tool on a machine that has an empty cache and an empty PATH, and returns the error. */
function obtainOnBareMachine(call: string, folder: string): string {
  const script = `
    import { obtainK6, obtainToxiproxy } from './obtain-go-tool.ts';
    import { obtainRabbitmq } from './obtain-rabbitmq.ts';
    import { silentProgress } from './progress.ts';
    try { await ${call}(silentProgress); console.log('obtained'); } catch (error) { console.log(error.message); }`;
  const env = { PATH: folder, XDG_CACHE_HOME: folder, HOME: folder };
  return spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: import.meta.dirname,
    env,
    encoding: 'utf8',
  }).stdout;
}

describe('what cannot be obtained', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heartline-bare-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test.each([
    ['obtainK6', 'k6 ≥ 1.0', 'brew install k6'],
    ['obtainToxiproxy', 'toxiproxy ≥ 2.5', 'docker cp toxi:/toxiproxy /usr/local/bin/toxiproxy-server'],
    ['obtainRabbitmq', 'RabbitMQ ≥ 4', 'brew install rabbitmq'],
  ])('%s says what is missing, what was tried and the commands for each platform', (call, what, command) => {
    const message = obtainOnBareMachine(call, folder);
    expect(message).toContain(`${what} is missing and could not be obtained.`);
    expect(message).toContain('tried: PATH has no ');
    expect(message).toContain(command);
    expect(message).toMatch(/Debian\/Ubuntu.*\n.*macOS.*\n.*Docker/);
  });
});
