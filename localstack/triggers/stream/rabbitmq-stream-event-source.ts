import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type Clock, systemClock } from '../clock.ts';
import type { EventSource, InvokeFunction, Observe, TriggerLogger } from '../event-source.ts';
import { compileFilter } from '../filter-patterns.ts';
import { sourceContext } from '../source-context.ts';
import type { StreamClient } from '../stream-client/client.ts';
import { superStreamPartitions } from '../stream-client/super-stream.ts';
import { brokerCheckpoints, type FencedStore, fencedCheckpoints } from './checkpoint-store.ts';
import { keepConnected } from './connection.ts';
import { deadLetterDestination } from './dead-letter-destination.ts';
import type { Condition } from './machine-types.ts';
import type { RabbitmqStreamOptions } from './options.ts';
import { mapPartition } from './partition-mapping.ts';
import type { PartitionMapping } from './partition-types.ts';
import {
  DEFAULT_TUNING,
  DRAIN_DEADLINE_DEFAULT_MS,
  LAG_INTERVAL_MS,
  machineOptions,
  START_WAIT_MS,
  type StreamTuning,
} from './tuning.ts';

export interface RabbitmqStreamEventSourceInput {
  /** The function's name, for logs, dead letters and, where the options name none, the consumer. */
  readonly name: string;
  /** `rabbitmq-stream://[user:password@]host[:port][/vhost]`, or `rabbitmq-stream+tls://…`. */
  readonly url: string;
  readonly tls?: TlsOptions;
  /** As parseRabbitmqStreamOptions returns them. */
  readonly options: RabbitmqStreamOptions;
  /** The function's time-out: an invocation without an answer by then has failed. */
  readonly timeoutMs: number;
  readonly invoke: InvokeFunction;
  /** Needed with `checkpoint: postgres`. */
  readonly fencedStore?: FencedStore;
  /** Stream that takes records which are no messages, where the options name no failure destination. */
  readonly undecodableTo?: string;
  readonly logger: TriggerLogger;
  readonly observe?: Observe;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly tuning?: Partial<StreamTuning>;
}

/**
 * Starts a mapping from a stream, or from the partitions of a super stream, to a function, which gets batches of records
 * in Kinesis' shape. Workers that start it with one consumer name share the partitions out among themselves. When the
 * broker cannot be reached, or the stream is not there, it returns all the same and goes on trying.
 * @throws TypeError with `checkpoint: postgres` and no store for it
 */
export async function startRabbitmqStreamEventSource(input: RabbitmqStreamEventSourceInput): Promise<EventSource> {
  const { options, name, url, tls, logger, fencedStore, undecodableTo } = input;
  const clock = input.clock ?? systemClock;
  const random = input.random ?? Math.random;
  const tuning = { ...DEFAULT_TUNING, ...input.tuning };
  const source = options.superStream ?? options.stream ?? '';
  const observe = input.observe ?? (() => undefined);
  const context = sourceContext({ source, function: name }, { clock, random, logger, observe });
  const { outage, fields } = context;
  const consumerName = options.consumerName ?? name;
  if (options.checkpoint === 'postgres' && fencedStore === undefined) {
    throw new TypeError(
      `${name}: checkpoint: postgres needs a store of checkpoints in Postgres, and none was handed in`,
    );
  }
  const mappings = new Map<string, PartitionMapping>();
  let client: StreamClient | undefined;
  let stopPromise: Promise<void> | undefined;
  let cancelLag: () => void = () => undefined;

  const present = () => {
    if (client === undefined) throw new Error(`not connected to ${source}`);
    return client;
  };
  const checkpoints =
    options.checkpoint === 'postgres' && fencedStore !== undefined
      ? fencedCheckpoints(fencedStore, consumerName)
      : brokerCheckpoints(present, consumerName);
  const destination = deadLetterDestination({
    url,
    tls,
    functionName: name,
    onFailure: options.onFailure,
    undecodableTo,
    logger,
  });
  const setting = {
    consumerName,
    options,
    machine: machineOptions(options, undecodableTo !== undefined),
    checkpoints,
    sendAway: destination.send,
    invoke: input.invoke,
    timeoutMs: input.timeoutMs,
    tuning,
    sentTo: (condition: Condition) => options.onFailure ?? (condition === 'Undecodable' ? undecodableTo : undefined),
    passes: options.filterPatterns.length > 0 ? compileFilter(options.filterPatterns) : undefined,
  };

  async function connected(by: StreamClient): Promise<void> {
    client = by;
    const partitions = options.superStream === undefined ? [source] : await superStreamPartitions(by, source);
    for (const stream of partitions) {
      if (stopPromise !== undefined) return;
      const mapping = mappings.get(stream) ?? mapPartition({ ...setting, stream }, context);
      mappings.set(stream, mapping);
      await mapping.subscribe(by);
    }
  }

  const all = (work: (mapping: PartitionMapping) => unknown) => [...mappings.values()].map(work);
  const connection = keepConnected(
    {
      url,
      tls,
      name: `${consumerName} (${source})`,
      tuning,
      connected,
      lost() {
        client = undefined;
        all((mapping) => mapping.lost());
      },
    },
    context,
  );

  function measureLag(): void {
    cancelLag = clock.after(LAG_INTERVAL_MS, () => {
      Promise.all(all((mapping) => mapping.measureLag()))
        // The connection has ended; what happens then happens there.
        .catch((error: unknown) => logger.debug('lag not measured', { ...fields, error: String(error) }))
        .finally(() => {
          if (stopPromise === undefined) measureLag();
        });
    });
  }

  async function drain(deadlineMs: number): Promise<void> {
    const startedMs = clock.nowMs();
    cancelLag();
    connection.quit();
    let abandoned = false;
    const abandon = () => {
      abandoned = true;
      all((mapping) => mapping.abandon());
    };
    const storeDeadlineMs = deadlineMs + tuning.storeGraceMs;
    const cancels = [
      clock.after(deadlineMs, abandon),
      // Again: the store of the last checkpoint is not waited for either.
      clock.after(storeDeadlineMs, abandon),
      clock.after(storeDeadlineMs + tuning.goodbyeMs, connection.end),
    ];
    // Each partition goes to its next owner as soon as it is done.
    await Promise.all(all((mapping) => mapping.stop()));
    // Nothing is waited for there any more.
    await Promise.all([connection.close(), destination.close()]);
    for (const cancel of cancels) cancel();
    const stopped = { ...fields, afterMs: Math.round(clock.nowMs() - startedMs) };
    if (abandoned) logger.warn('event source stopped before its invocations ended; they come again', stopped);
    else logger.info('event source stopped', stopped);
  }

  const waited = Promise.withResolvers<void>();
  const cancelWait = clock.after(START_WAIT_MS, waited.resolve);
  await Promise.race([connection.tried, waited.promise]);
  cancelWait();
  measureLag();

  function healthStatus() {
    if (stopped) return 'stopped';
    if (stopPromise !== undefined) return 'draining';
    if (outage.current() !== undefined) return 'reconnecting';
    return connection.client() === undefined ? 'starting' : 'running';
  }
  let stopped = false;

  return {
    stop({ deadlineMs = DRAIN_DEADLINE_DEFAULT_MS } = {}) {
      stopPromise ??= drain(deadlineMs).finally(() => {
        stopped = true;
      });
      return stopPromise;
    },
    health() {
      const counts = [...mappings].map(([stream, mapping]) => ({ stream, ...mapping.counts() }));
      const sum = (field: 'inFlight' | 'inHand') => counts.reduce((total, each) => total + each[field], 0);
      const lastFailure = outage.current();
      return {
        status: healthStatus(),
        invocationsInFlight: sum('inFlight'),
        recordsWaiting: sum('inHand'),
        partitions: counts.filter(({ active }) => active).map(({ stream }) => stream),
        ...(lastFailure === undefined ? {} : { lastFailure }),
      };
    },
  };
}
