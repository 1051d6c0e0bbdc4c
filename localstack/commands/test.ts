import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { config } from '../../shared/config.ts';
import { bundleForK6 } from '../setup/k6-bundle.ts';
import { obtainK6, obtainToxiproxy } from '../setup/obtain-go-tool.ts';
import { obtainPostgres } from '../setup/obtain-postgres.ts';
import { obtainPrometheus } from '../setup/obtain-prometheus.ts';
import { obtainRabbitmq } from '../setup/obtain-rabbitmq.ts';
import { obtainValkey } from '../setup/obtain-valkey.ts';
import { terminalProgress } from '../setup/progress.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm test [-- vitest arguments]     format, lint, unused code, types, then every test on real services

  npm test                              all of it
  npm test -- localstack/triggers       only the tests under a folder (checks run as well)
`;

/** Next to nothing while another process wants the processor. */
const NICENESS = '19';

/** In the order of how fast they fail. */
const CHECKS: [name: string, program: string, args: string[]][] = [
  ['biome', 'biome', ['check', '--error-on-warnings', '.']],
  ['tsc', 'tsc', ['--noEmit', '-p', '.']],
  ['knip', 'knip', []],
];

runCommand(async (args) => {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { projectRoot } = config();
  // The types of k6's scripts need it, too.
  await bundleForK6();
  for (const [name, program, options] of CHECKS) {
    const started = Date.now();
    const code = await run(projectRoot, program, options);
    if (code !== 0) return code;
    terminalProgress.done(name, `clean (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  }
  await obtainPostgres(terminalProgress);
  await obtainRabbitmq(terminalProgress);
  await obtainToxiproxy(terminalProgress);
  await obtainK6(terminalProgress);
  await obtainPrometheus(terminalProgress);
  await obtainValkey(terminalProgress);
  if (args.length > 0) return await run(projectRoot, 'vitest', ['run', ...args]);
  return await everyTest(projectRoot);
});

/**
 * Who puts a load on something waits for much of the time: beside it, tests that can wait take what is left of the processor,
 * and give way (nice). What they say is printed when both have ended.
 */
async function everyTest(projectRoot: string): Promise<number> {
  const vitest = ['run', '--project'];
  const [load, light] = await Promise.all([
    run(projectRoot, 'vitest', [...vitest, 'load']),
    inTheBackground(projectRoot, 'vitest', [...vitest, 'light']),
  ]);
  process.stdout.write(light.output);
  const rest = await run(projectRoot, 'vitest', [...vitest, 'rest']);
  const failed = [['load', load] as const, ['light', light.code] as const, ['rest', rest] as const].filter(
    ([, code]) => code !== 0,
  );
  const names = failed.map(([name]) => name).join(', ');
  process.stdout.write(
    failed.length === 0 ? '✓ every test of load, light and rest\n' : `✗ tests failed: of ${names} (above)\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

const programOf = (cwd: string, program: string) => join(cwd, 'node_modules', '.bin', program);

async function run(cwd: string, program: string, args: string[]): Promise<number> {
  const child = spawn(programOf(cwd, program), args, { cwd, stdio: 'inherit' });
  const [code] = await once(child, 'close');
  return code ?? 1;
}

async function inTheBackground(
  cwd: string,
  program: string,
  args: string[],
): Promise<{ code: number; output: string }> {
  const words = ['-n', NICENESS, programOf(cwd, program), ...args];
  const child = spawn('nice', words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  return { code: code ?? 1, output: out + errors };
}
