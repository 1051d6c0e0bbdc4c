import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type Clock, systemClock } from '../clock.ts';
import type { EventSource, InvokeFunction, Observe, TriggerLogger } from '../event-source.ts';
import { compileFilter } from '../filter-patterns.ts';
import { sourceContext } from '../source-context.ts';
import type { StreamClient } from '../stream-client/client.ts';
import { StreamClientError } from '../stream-client/stream-error.ts';
import { superStreamPartitions } from '../stream-client/super-stream.ts';
import { brokerCheckpoints, type FencedStore, fencedCheckpoints } from './checkpoint-store.ts';
import { keepConnected } from './connection.ts';
import { deadLetterDestination } from './dead-letter-destination.ts';
import type { Condition } from './machine-types.ts';
import type { RabbitmqStreamOptions } from './options.ts';
import { mapPartition } from './partition-mapping.ts';
import type { PartitionMapping } from './partition-types.ts';
import { repeat } from './repeat.ts';
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
  /** Needed with `checkpoint: postgres` or `handler`. */
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
 * @throws TypeError with `checkpoint: postgres` or `handler` and no store for it
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
  const isFenced = options.checkpoint !== 'broker';
  if (isFenced && fencedStore === undefined) {
    throw new TypeError(
      `${name}: checkpoint: ${options.checkpoint} needs a store of checkpoints in Postgres, and none was handed in`,
    );
  }
  const mappings = new Map<string, PartitionMapping>();
  let client: StreamClient | undefined;
  let stopPromise: Promise<void> | undefined;

  const present = () => {
    if (client === undefined) throw new Error(`not connected to ${source}`);
    return client;
  };
  const checkpoints =
    isFenced && fencedStore !== undefined
      ? fencedCheckpoints(fencedStore, consumerName, options.checkpoint === 'handler')
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
    isPassable: options.passablePatterns.length > 0 ? compileFilter(options.passablePatterns) : undefined,
  };

  const partitionsNow = async (by: StreamClient) =>
    options.superStream === undefined ? [source] : await superStreamPartitions(by, source);

  /**
   * Asks for all at once: the broker shares a super stream's partitions out evenly among workers that subscribed to all of
   * them in one order, and one that waits for each answer is overtaken by another that starts beside it.
   */
  async function subscribe(by: StreamClient, partitions: readonly string[]): Promise<void> {
    const added = partitions.map((stream) => {
      const mapping = mappings.get(stream) ?? mapPartition({ ...setting, stream }, context);
      mappings.set(stream, mapping);
      return mapping;
    });
    await Promise.all(added.map((mapping) => mapping.subscribe(by)));
  }

  async function connected(by: StreamClient): Promise<void> {
    client = by;
    const partitions = await partitionsNow(by);
    if (stopPromise === undefined) await subscribe(by, partitions);
  }

  /** The broker tells nobody of partitions that a super stream gets. */
  async function takeUpNewPartitions(): Promise<void> {
    const by = connection.client();
    if (by === undefined) return;
    const partitions = (await partitionsNow(by)).filter((stream) => !mappings.has(stream));
    if (partitions.length === 0 || by !== client || stopPromise !== undefined) return;
    logger.info('super stream has new partitions', { ...fields, partitions });
    await subscribe(by, partitions).catch((error: unknown) => {
      by.fail(new StreamClientError('consumer_failed', `new partitions of ${source}: ${String(error)}`));
    });
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

  // The connection has ended; what happens then happens there.
  const notAsked = (what: string) => (error: unknown) => logger.debug(what, { ...fields, error: String(error) });
  const measureLag = () => Promise.all(all((mapping) => mapping.measureLag()));
  const endOfRepeated = [
    repeat(clock, LAG_INTERVAL_MS, measureLag, notAsked('lag not measured')),
    repeat(clock, tuning.partitionsIntervalMs, takeUpNewPartitions, notAsked('partitions not read')),
  ];

  async function drain(deadlineMs: number): Promise<void> {
    const startedMs = clock.nowMs();
    for (const end of endOfRepeated) end();
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
      const behind = [...mappings.values()].flatMap((mapping) => mapping.behind() ?? []);
      return {
        status: healthStatus(),
        invocationsInFlight: sum('inFlight'),
        recordsWaiting: sum('inHand'),
        partitions: counts.filter(({ active }) => active).map(({ stream }) => stream),
        ...(behind.length === 0 ? {} : { recordsBehind: behind.reduce((sum, records) => sum + records, 0) }),
        ...(lastFailure === undefined ? {} : { lastFailure }),
      };
    },
  };
}
