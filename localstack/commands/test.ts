import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { config } from '../../shared/config.ts';
import { compileCacheFolder } from '../setup/cache.ts';
import { bundleForK6 } from '../setup/k6-bundle.ts';
import { obtainChromium } from '../setup/obtain-chromium.ts';
import { obtainK6, obtainToxiproxy } from '../setup/obtain-go-tool.ts';
import { obtainPostgres } from '../setup/obtain-postgres.ts';
import { obtainPrometheus } from '../setup/obtain-prometheus.ts';
import { obtainRabbitmq } from '../setup/obtain-rabbitmq.ts';
import { obtainValkey } from '../setup/obtain-valkey.ts';
import { terminalProgress } from '../setup/progress.ts';
import { buildStation } from '../station/build-station.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm test [-- vitest arguments]     format, lint, unused code, types, then every test on real services

  npm test                              all of it
  npm test -- localstack/triggers       only the tests under a folder (checks run as well)
`;

/** In the order of how fast they fail. */
const CHECKS: [name: string, program: string, args: string[]][] = [
  ['biome', 'biome', ['check', '--error-on-warnings', '.']],
  ['tsc', 'tsc', ['--noEmit', '-p', '.']],
  ['tsc web', 'tsc', ['--noEmit', '-p', 'web']],
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
  // Checks need cores, and what is obtained a network: side by side.
  const checked = Promise.all(CHECKS.map((check) => passes(projectRoot, check)));
  await obtainPostgres(terminalProgress);
  await obtainRabbitmq(terminalProgress);
  await obtainToxiproxy(terminalProgress);
  await obtainK6(terminalProgress);
  await obtainPrometheus(terminalProgress);
  await obtainValkey(terminalProgress);
  await obtainChromium(terminalProgress);
  await buildStation(terminalProgress);
  if (!(await checked).every((isClean) => isClean)) return 1;
  return run(projectRoot, 'vitest', ['run', ...args]);
});

const programIn = (cwd: string, name: string) => join(cwd, 'node_modules', '.bin', name);

/** Says that a check was clean, or what it found. */
async function passes(cwd: string, [name, program, args]: (typeof CHECKS)[number]): Promise<boolean> {
  const started = Date.now();
  const child = spawn(programIn(cwd, program), args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code === 0) terminalProgress.done(name, `clean (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  else process.stdout.write(`\n${name}\n${output}${errors}`);
  return code === 0;
}

function run(cwd: string, program: string, args: string[]): number {
  // Processes that tests start, among them commands of this project, find their modules compiled.
  const env = { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder() };
  const { status } = spawnSync(programIn(cwd, program), args, { cwd, stdio: 'inherit', env });
  return status ?? 1;
}
