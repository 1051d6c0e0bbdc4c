import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
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
    const code = run(projectRoot, program, options);
    if (code !== 0) return code;
    terminalProgress.done(name, `clean (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  }
  await obtainPostgres(terminalProgress);
  await obtainRabbitmq(terminalProgress);
  await obtainToxiproxy(terminalProgress);
  await obtainK6(terminalProgress);
  await obtainPrometheus(terminalProgress);
  await obtainValkey(terminalProgress);
  return run(projectRoot, 'vitest', ['run', ...args]);
});

function run(cwd: string, program: string, args: string[]): number {
  const { status } = spawnSync(join(cwd, 'node_modules', '.bin', program), args, { cwd, stdio: 'inherit' });
  return status ?? 1;
}
