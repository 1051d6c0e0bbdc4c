import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError, TransientError } from '../../shared/errors.ts';
import type { Topology } from '../../shared/topology/topology-schema.ts';
import type { TriggerLogger } from '../triggers/event-source.ts';
import { type Broker, type BrokerUrls, connectBroker, perform, whyUnavailable } from './broker.ts';
import { conflictText } from './conflict-text.ts';
import { type Declarations, declarationsOf } from './declarations.ts';
import { type Difference, differencesOf } from './differences.ts';
import { type Found, observe } from './observe.ts';

export interface ApplyOptions extends BrokerUrls {
  readonly topology: Topology;
  readonly logger: TriggerLogger;
  /** The caller vouches that publishers are stopped and consumers are done: then partitions may be added and wards moved. */
  readonly drained?: boolean;
  /** For a broker that boots or restarts meanwhile. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** What was done, each as `stream alerts.raw-w0`. */
export interface Applied {
  readonly created: readonly string[];
  /** Was there, and got lost. */
  readonly repaired: readonly string[];
  /** A retention that changed in the file. */
  readonly updated: readonly string[];
  /** Streams that were there as the file says. */
  readonly unchanged: readonly string[];
}

/** A boot takes 3 s to 8 s alone, and more beside other work. */
const DEADLINE_MS = 90_000;
const RETRY_MS = 250;
/** A broker that has just booted, its virtual host running, says for some 300 ms that it has no queues (seen on 4.0.5). */
const QUEUES_DEADLINE_MS = 1_500;
/** One acts, one looks; more only where others act too. Past it, something undoes what is done. */
const ROUNDS_MAX = 40;

/**
 * Makes a broker have the streams, bindings and retention of the file. Creates what is missing, leaves what is there; any number of
 * processes may do so at once, and again after any crash. Waits for a broker that is booting.
 * @throws PermanentError `topology_conflict` with every difference that it must not change by itself, nothing being changed;
 * `broker_refused`: user, password, permission. TransientError `broker_unavailable` after the deadline.
 */
export async function applyTopology(options: ApplyOptions): Promise<Applied> {
  const { topology, logger, drained = false } = options;
  const all = declarationsOf(topology);
  const done = new Map<string, Difference>();
  return await withBroker(options, async (broker) => {
    // Acting may be overtaken, by another process or a restart: done is what a last look finds without a difference.
    for (let round = 1; ; round += 1) {
      const differences = differencesOf(all, await observeSettled(broker, all, options.signal));
      const refused = differences.filter(({ kind, action }) => kind === 'refused' && !(drained && action));
      if (refused.length > 0) throw new PermanentError('topology_conflict', conflictText(topology.source, refused));
      if (differences.length === 0)
        return summary(
          all.flatMap(({ streams }) => streams),
          [...done.values()],
        );
      if (round > ROUNDS_MAX) {
        const what = differences.map(({ object, text }) => `${object} ${text}`).join('; ');
        throw new TransientError('topology_unsettled', `RabbitMQ's streams do not stay as declared: ${what}`);
      }
      // What was done may take a moment to be seen.
      if (round > 2) await pause(options.signal);
      for (const difference of differences) {
        const { kind, object, text, action } = difference;
        if (action === undefined) continue;
        await perform(broker, action);
        if (!done.has(object)) done.set(object, difference);
        const say = kind === 'created' ? logger.info : logger.warn;
        say.call(logger, `topology: ${object} ${kind === 'refused' ? 'changed as asked' : kind}`, {
          object,
          was: text,
        });
      }
    }
  });
}

/** In what the broker differs from the file; changes nothing. One attempt. @throws as {@link applyTopology}, without waiting */
export async function checkTopology(
  options: BrokerUrls & { topology: Topology; logger: TriggerLogger },
): Promise<Difference[]> {
  const all = declarationsOf(options.topology);
  return await withBroker({ ...options, deadlineMs: 0 }, async ({ api, client }) =>
    differencesOf(all, await observe(api, client, all)),
  );
}

/** Where what belongs to the streams is there and none of the streams, they may only be unknown as yet: it looks again for a while. */
async function observeSettled(
  { api, client }: Broker,
  all: readonly Declarations[],
  signal: AbortSignal | undefined,
): Promise<Found> {
  const deadline = performance.now() + QUEUES_DEADLINE_MS;
  for (;;) {
    const found = await observe(api, client, all);
    const isOdd = found.queues.size === 0 && (found.exchanges.size > 0 || found.policies.length > 0);
    if (!isOdd || performance.now() >= deadline) return found;
    await pause(signal);
  }
}

/** Runs `work` on a connection, and again on another when the broker was away; until the deadline. */
async function withBroker<T>(
  options: BrokerUrls & Pick<ApplyOptions, 'logger' | 'deadlineMs' | 'signal'>,
  work: (broker: Broker) => Promise<T>,
): Promise<T> {
  const { logger, deadlineMs = DEADLINE_MS, signal } = options;
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    let broker: Broker | undefined;
    try {
      signal?.throwIfAborted();
      broker = await connectBroker(options, logger);
      return await work(broker);
    } catch (error) {
      const why = whyUnavailable(error);
      if (why === undefined) throw error;
      if (performance.now() >= deadline) {
        throw new TransientError('broker_unavailable', `no RabbitMQ to declare streams on: ${why}`, { cause: error });
      }
      logger.debug('topology: the broker is not ready', { why });
    } finally {
      await broker?.client.close();
    }
    await pause(signal);
  }
}

/** @throws the signal's reason */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(RETRY_MS, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function summary(streams: readonly string[], done: readonly Difference[]): Applied {
  const objects = (...kinds: Difference['kind'][]) =>
    done.filter(({ kind }) => kinds.includes(kind)).map(({ object }) => object);
  const created = objects('created');
  return {
    created,
    repaired: objects('repaired'),
    updated: objects('updated', 'refused'),
    unchanged: streams
      .map((stream) => `stream ${stream}`)
      .filter((object) => !done.some((each) => each.object === object)),
  };
}
