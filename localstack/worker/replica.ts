// One replica: one process that runs one function's event sources. What a container runs, and what `npm run worker` starts.
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { trustAuthority } from '../../shared/access/trust.ts';
import { ORPHAN_DRAIN_MS } from './durations.ts';
import { EXIT, exitCodeOf, textOf } from './exit-codes.ts';
import { lambdaEnvironment } from './handler.ts';
import type { ReplicaMessage } from './messages.ts';
import { parseReplicaArguments } from './replica-arguments.ts';
import { type Replica, runReplica } from './run-replica.ts';
import { readService } from './service.ts';
import { workerFunction } from './worker-triggers.ts';

const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));
const INSTANCE_ID_BYTES = 8;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

const supervised = process.connected === true;
const stopRequest = Promise.withResolvers<number>();
let signals = 0;

function tell(message: ReplicaMessage): void {
  // The parent may be gone by the time that this is sent: 'disconnect' says so.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function endAtOnce(): void {
  signals += 1;
  // Under a parent one end may be asked for twice, by it and by its guard: it has SIGKILL for the second.
  if (signals > 1 && !supervised) process.exit(EXIT.unfinished);
}

function listen(drainMs: number): void {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      endAtOnce();
      stopRequest.resolve(drainMs);
    });
  }
  if (supervised) process.on('disconnect', () => stopRequest.resolve(Math.min(drainMs, ORPHAN_DRAIN_MS)));
  // Who reads the output is gone, with the parent; the drain goes on without.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** Reads serverless.yml, sets the function's environment as Lambda does, and starts its sources. */
function start(name: string, folder: string): Promise<Replica> {
  const instanceId = randomBytes(INSTANCE_ID_BYTES).toString('hex');
  const definition = workerFunction(readService({ folder, environment: process.env, instanceId }), name);
  Object.assign(process.env, lambdaEnvironment(definition), definition.environment);
  trustAuthority();
  return runReplica(folder, definition, tell);
}

function report(error: unknown): number {
  process.stderr.write(`✗ ${textOf(error)}\n`);
  return exitCodeOf(error) ?? EXIT.crashLoop;
}

async function main(): Promise<number> {
  const { function: name, service, drainMs } = parseReplicaArguments(process.argv.slice(2));
  listen(drainMs);
  const starting = start(name, service ?? PROJECT_ROOT);
  // Rejects with why it could not start.
  const deadlineMs = await Promise.race([stopRequest.promise, starting.then(() => stopRequest.promise)]);
  tell({ type: 'draining' });
  // Asked to end while it starts: a source that runs by then is drained, a start that hangs is not waited for.
  const replica = await Promise.race([starting, delay(deadlineMs, undefined)]);
  return replica === undefined ? EXIT.unfinished : await replica.drain(deadlineMs);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => process.exit(report(error)),
);
