import pc from 'picocolors';
import { config } from '../../shared/config.ts';
import { isStackAlive, readStack } from '../../shared/stack-file.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run status [-- --json]     what of the stack is running, and whether it works

Exit code 0 if all is well, 1 if something does not work, 3 if no stack is running.
`;

const NOT_RUNNING = 3;
const PROBE_TIMEOUT_MS = 3_000;
const LABEL_COLUMNS = 20;
/** Metrics worth a line here; all others are at the metrics address. */
const SHOWN_METRICS = ['alerts_stored_total', 'staff_notified_total', 'queue_depth', 'dead_letters_total', 'db_tps'];

interface Check {
  name: string;
  ok: boolean;
  text: string;
}

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
  const checks = await Promise.all([
    probe('HTTP API', `${stack.endpoints.http}/healthz`),
    probe('dependencies', `${stack.endpoints.http}/readyz`),
    ...(stack.endpoints.rabbitmq ? [probe('RabbitMQ', `${stack.endpoints.rabbitmq.management}/`)] : []),
    ...(stack.endpoints.iot ? [probe('IoT data plane', `${stack.endpoints.iot}/retainedMessage`)] : []),
    probe('metrics', stack.endpoints.metrics),
  ]);
  const { sums: metrics, found } = await readMetrics(stack.endpoints.metrics);
  checks.push(...found);
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify({ running: true, stack, checks, metrics })}\n`);
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

async function probe(name: string, url: string): Promise<Check> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const body = await answer.text();
    return { name, ok: answer.ok, text: answer.ok ? url : `${url} answers ${answer.status}: ${body.slice(0, 200)}` };
  } catch (error) {
    return { name, ok: false, text: `${url} does not answer (${error instanceof Error ? error.message : error})` };
  }
}

/** Sums each shown metric over its labels but the stage. A trigger without its source and messages given up on are for somebody to look at. */
async function readMetrics(url: string): Promise<{ sums: Record<string, number>; found: Check[] }> {
  const sums: Record<string, number> = {};
  const found: Check[] = [];
  try {
    const text = await (await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).text();
    for (const [, queue = '', depth] of text.matchAll(/^queue_depth\{queue="(\w+_dlq)"\} (\S+)/gm)) {
      const many = Number(depth);
      if (many > 0)
        found.push({
          name: 'dead letters',
          ok: false,
          text: `${many} in pgmq.q_${queue}: see its headers->'error'`,
        });
    }
    for (const [, labels = '', value] of text.matchAll(/^trigger_connected\{([^}]*)\} (\S+)/gm)) {
      const ok = value === '1';
      const label = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '?';
      const text = `subscribed to ${label('source')}`;
      found.push({ name: `${label('function')}`, ok, text: ok ? text : `is not ${text}: see npm run logs` });
    }
    for (const [, name = '', labels = '', value] of text.matchAll(/^(\w+)(?:\{([^}]*)\})? (\S+)/gm)) {
      if (!SHOWN_METRICS.includes(name)) continue;
      const stage = /stage="([^"]*)"/.exec(labels)?.[1];
      const shown = stage === undefined ? name : `${name} (${stage})`;
      sums[shown] = (sums[shown] ?? 0) + Number(value);
    }
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error; // away: the check above says so
  }
  return { sums, found };
}
