import pc from 'picocolors';
import { config } from '../../shared/config.ts';
import { isStackAlive, readStack } from '../../shared/stack-file.ts';
import { withoutPassword } from '../../shared/without-user.ts';
import { probe, probeReadiness, readMetrics } from '../stack/status-checks.ts';
import { checkStreams } from '../stack/stream-checks.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run status [-- --json]     what of the stack is running, and whether it works

Exit code 0 if all is well, 1 if something does not work, 3 if no stack is running.
`;

const NOT_RUNNING = 3;
const LABEL_COLUMNS = 20;
/** What a WebSocket server answers to a request that is none for it (RFC 9110, section 15.5.22). */
const UPGRADE_REQUIRED = 426;
runCommand(async (args) => {
  if (args.some((arg) => arg !== '--json')) {
    process.stdout.write(USAGE);
    return args.includes('--help') || args.includes('-h') ? 0 : 2;
  }
  const stack = readStack(config().home);
  if (!stack || !isStackAlive(stack)) {
    process.stdout.write(
      args.includes('--json') ? '{"running":false}\n' : "No stack is running here. Start one with 'npm start'.\n",
    );
    return NOT_RUNNING;
  }
  const streams = stack.endpoints.rabbitmq ? checkStreams(stack.endpoints.rabbitmq) : [];
  const checks = await Promise.all([
    probe('HTTP API', `${stack.endpoints.http}/healthz`),
    probeReadiness(`${stack.endpoints.http}/readyz`),
    probe('WebSocket API', stack.endpoints.websocket.replace(/^ws/, 'http'), UPGRADE_REQUIRED),
    ...(stack.endpoints.rabbitmq ? [probe('RabbitMQ', `${stack.endpoints.rabbitmq.management}/`)] : []),
    ...(stack.endpoints.iot ? [probe('IoT data plane', `${stack.endpoints.iot}/retainedMessage`)] : []),
    ...(stack.endpoints.station ? [probe('nurse station', `${stack.endpoints.station}/`)] : []),
    probe('metrics', stack.endpoints.metrics),
  ]);
  checks.push(...(await streams));
  const { sums: metrics, found } = await readMetrics(stack.endpoints.metrics);
  checks.push(...found);
  if (args.includes('--json'))
    process.stdout.write(`${withoutPassword(JSON.stringify({ running: true, stack, checks, metrics }))}\n`);
  else {
    process.stdout.write(`Running since ${stack.startedAt}, process ${stack.pid}\n\n`);
    for (const { name, ok, text } of checks) {
      process.stdout.write(`  ${ok ? pc.green('✓') : pc.red('✗')} ${name.padEnd(LABEL_COLUMNS)} ${text}\n`);
    }
    process.stdout.write('\n');
    const columns = Math.max(...Object.keys(metrics).map((name) => name.length));
    for (const [name, value] of Object.entries(metrics))
      process.stdout.write(`    ${name.padEnd(columns)}  ${Math.round(value * 10) / 10}\n`);
  }
  return checks.every((check) => check.ok) ? 0 : 1;
});
