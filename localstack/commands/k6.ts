import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayLogin, mqttEnvironment } from '../../shared/access/gateway-login.ts';
import { loadTokens } from '../../shared/access/local-token.ts';
import { authorityFile } from '../../shared/access/trust.ts';
import { config } from '../../shared/config.ts';
import { readStack } from '../../shared/stack-file.ts';
import { k6Arguments } from '../setup/k6-arguments.ts';
import { bundleForK6 } from '../setup/k6-bundle.ts';
import { obtainK6 } from '../setup/obtain-go-tool.ts';
import { terminalProgress } from '../setup/progress.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run k6 -- <script> [--prometheus [url]] [k6 options]     runs k6/<script>.ts against the running stack

  scripts: ${'{scripts}'}
  npm run k6 -- db-first
  npm run k6 -- db-first -e DURATION=5s -e RATE_HIGH=60
  npm run k6 -- at-most-once -e QOS=1
  npm run k6 -- at-most-once --prometheus http://127.0.0.1:9090/api/v1/write
  --prometheus sends every metric to Prometheus (remote write) while the script runs.
  The scripts' settings are in k6/README.md. Ends with k6's own exit code: 0 only if every threshold held.
`;

runCommand(async (args) => {
  const folder = join(config().projectRoot, 'k6');
  const scripts = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
  const [script, ...words] = args;
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
  const [k6] = await Promise.all([obtainK6(terminalProgress), bundleForK6()]);
  const { access, endpoints, home } = config();
  const { http, rabbitmq } = endpoints;
  // A broker that another address names is somebody else's.
  const isOwn = readStack(home)?.endpoints.rabbitmq?.webMqtt === rabbitmq.webMqtt;
  const login = mqttEnvironment(isOwn ? await gatewayLogin(access, 'k6') : undefined);
  // Whom Go's TLS believes.
  const authority = authorityFile();
  const believed = authority && { SSL_CERT_FILE: authority };
  const command = k6Arguments(file, words, { http, webMqtt: rabbitmq.webMqtt }, process.env['GOGC']);
  const child = spawn(k6, command.arguments, {
    stdio: 'inherit',
    env: { ...(await loadTokens()), ...login, ...process.env, ...believed, ...command.environment },
  });
  return await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
});
