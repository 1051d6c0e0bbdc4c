import { z } from 'zod';
import { TransientError } from '../errors.ts';
import { dataPlaneAnswers } from '../mqtt/device-publisher.ts';
import { database } from '../postgres/process-database.ts';
import { canPublish } from '../stream/process-publisher.ts';
import { circuitReading, circuitReadings } from './circuits.ts';
import { consumerReading, consumerReadings } from './consumers.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { dependencyState, READINESS_LIMIT_MS, readinessOf, withinLimit } from './readiness.ts';
import { isDatabaseMigrated, queueReadings } from './readiness-store.ts';

/** Who asks ten times a second has each answer anew; who asks more often costs no more than that. */
const KEPT_MS = 100;
/** What is only told may be a little older. */
const TOLD_KEPT_MS = 1_000;

/** For the document of the routes, and what is sent. */
export const processReadiness = z.strictObject({
  status: z.enum(['ready', 'degraded', 'not ready']),
  dependencies: z.array(dependencyState),
  consumers: z.array(consumerReading),
  circuits: z.array(circuitReading),
  queues: z.array(z.strictObject({ queue: z.string(), depth: z.number(), oldestSeconds: z.number() })),
});
type ProcessReadiness = z.infer<typeof processReadiness>;

async function migrated(): Promise<void> {
  if (await isDatabaseMigrated(database())) return;
  throw new TransientError('not_migrated', 'The database has no tables yet; migrations have to run first.');
}

const checks = {
  postgres: { required: true, ask: oneAtATime(KEPT_MS, migrated) },
  broker: { required: true, ask: oneAtATime(KEPT_MS, canPublish) },
  // One route publishes by it; the others need not go with it.
  'iot-data-plane': { required: false, ask: oneAtATime(TOLD_KEPT_MS, dataPlaneAnswers) },
};
const queuesNow = oneAtATime(TOLD_KEPT_MS, () => queueReadings(database()));

function unlessAway(error: unknown): [] {
  if (error instanceof TransientError) return [];
  throw error;
}

/**
 * How this process is. `not ready`: requests cannot be served, since a dependency that they need is down. `degraded`: they can, but
 * something behind them is not well: a consumer without its connection, a circuit that is not closed. How far behind consumers are,
 * and how full queues, is told and not judged: taking requests elsewhere makes neither shorter.
 */
export async function readinessOfProcess(): Promise<ProcessReadiness> {
  const startedMs = performance.now();
  const { ready, dependencies } = await readinessOf(checks);
  const leftMs = READINESS_LIMIT_MS - (performance.now() - startedMs);
  const consumers = consumerReadings();
  const circuits = circuitReadings();
  const isWell =
    dependencies.every(({ status }) => status === 'up') &&
    consumers.every(({ status }) => status === 'running') &&
    circuits.every(({ state }) => state === 'closed');
  const status = ready ? (isWell ? 'ready' : 'degraded') : 'not ready';
  const queues = dependencies.every(({ name, status: is }) => name !== 'postgres' || is === 'up')
    ? await withinLimit(leftMs, queuesNow(), [], unlessAway)
    : [];
  return { status, dependencies, consumers, circuits, queues };
}
