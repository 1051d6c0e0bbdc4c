import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processIdentity } from '../../shared/process-identity.ts';
import { obtainPostgres } from '../setup/obtain-postgres.ts';
import { silentProgress } from '../setup/progress.ts';
import { eventually } from '../testing/eventually.ts';
import { endLeftover } from './pid-file.ts';
import { freePort } from './ports.ts';
import { postgresService } from './postgres.ts';

/** It makes its files first; below the limit of a hook. */
const START_LIMIT_MS = 55_000;
/** Starts an embedded Postgres in a process of its own that then does nothing. */
const PARENT = `
  import { postgresService } from './postgres.ts';
  import { obtainPostgres } from '../setup/obtain-postgres.ts';
  import { silentProgress } from '../setup/progress.ts';
  const [home, port] = process.argv.slice(1);
  const running = await postgresService({ programs: await obtainPostgres(silentProgress), home, port: Number(port) }).start();
  console.log(running.pid);
  setInterval(() => undefined, 1000);`;

describe('a parent that is killed with kill -9', () => {
  let home: string;
  let port: number;
  let parent: ChildProcess;
  let servicePid: number;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'heartline-orphans-'));
    port = await freePort();
    parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', PARENT, home, String(port)], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    parent.stdout?.on('data', (chunk) => {
      printed += chunk;
    });
    servicePid = Number(await eventually('Postgres to be started', () => /^\d+\n/.exec(printed)?.[0], START_LIMIT_MS));
  });
  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
  });

  test('leaves no service behind', async () => {
    parent.kill('SIGKILL');
    await eventually('Postgres to end', () => processIdentity(servicePid) === undefined);
    expect(readFileSync(join(home, 'logs', 'postgres.log'), 'utf8')).toContain('database system is shut down');
  });

  test('does not block the next start, even when the guard was killed, too', async () => {
    for (const guard of childrenOf(parent.pid ?? 0, 'guard.sh')) process.kill(guard, 'SIGKILL');
    parent.kill('SIGKILL');
    expect(processIdentity(servicePid), 'without its guard the service goes on').toBeDefined();
    const programs = await obtainPostgres(silentProgress);
    const next = await postgresService({ programs, home, port }).start();
    expect(processIdentity(servicePid)).toBeUndefined();
    expect(next.pid).not.toBe(servicePid);
    await next.stop();
  });

  test('a pid file of a process that is no longer ours kills nobody', async () => {
    parent.kill('SIGKILL');
    await eventually('Postgres to end', () => processIdentity(servicePid) === undefined);
    const file = join(home, 'run', 'postgres.json');
    const stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    writeFileSync(file, JSON.stringify({ group: stranger.pid, identity: 'another start time', stopSignal: 'SIGKILL' }));
    expect(await endLeftover(file)).toBeUndefined();
    expect(processIdentity(stranger.pid ?? 0)).toBeDefined();
    expect(existsSync(file)).toBe(false);
    stranger.kill('SIGKILL');
  });
});

/** Pids of a process's children whose command line names the program. */
function childrenOf(pid: number, program: string): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return children.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(program));
}
