import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { config } from '../../shared/config.ts';
import { obtainK6 } from '../setup/obtain-go-tool.ts';
import { terminalProgress } from '../setup/progress.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run k6 -- <script> [k6 options]     runs k6/<script>.ts against the running stack

  scripts: ${'{scripts}'}
  npm run k6 -- db-first
  npm run k6 -- db-first -e DURATION=5s -e RATE_HIGH=60
  Ends with k6's own exit code: 0 only if every threshold held.
`;

runCommand(async (args) => {
  const folder = join(config().projectRoot, 'k6');
  const scripts = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
  const [script, ...options] = args;
  const usage = USAGE.replace('{scripts}', scripts.join(', '));
  if (script === undefined || script === '--help' || script === '-h') {
    process.stdout.write(usage);
    return script === undefined ? 2 : 0;
  }
  const file = join(folder, `${script}.ts`);
  if (!existsSync(file)) {
    process.stderr.write(`There is no script k6/${script}.ts.\n${usage}`);
    return 2;
  }
  const k6 = await obtainK6(terminalProgress);
  const child = spawn(k6, ['run', '-e', `BASE_URL=${config().endpoints.http}`, ...options, file], {
    stdio: 'inherit',
    env: { ...process.env, K6_NO_USAGE_REPORT: 'true' },
  });
  return await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
});
