import type { BatchFailures } from '../batch-response.ts';
import type { InvokeFunction } from '../event-source.ts';
import { invokeBatch } from '../invoke-batch.ts';
import type { SourceContext } from '../source-context.ts';
import type { StreamClient } from '../stream-client/client.ts';
import { streamStatistics } from '../stream-client/offsets.ts';
import { consumePartition, type PartitionConsumer } from '../stream-client/partition.ts';
import { StreamClientError } from '../stream-client/stream-error.ts';
import type { StartOffset } from '../stream-client/wire.ts';
import { type Checkpoints, NOBODY, type Ownership } from './checkpoint-store.ts';
import { type EventRecord, kinesisEvent } from './event.ts';
import { partitionIntake } from './intake.ts';
import { lagMeter } from './lag.ts';
import { createMachine } from './machine.ts';
import type { Condition, Discard, Input, MachineOptions, Output } from './machine-types.ts';
import type { RabbitmqStreamOptions } from './options.ts';
import { eventCheckpoint, isFencedOut, startOf, type Taken, takeOver } from './owning.ts';
import type { StreamTuning } from './tuning.ts';
import { untilDone } from './until-done.ts';

export interface PartitionSetting {
  readonly stream: string;
  readonly consumerName: string;
  readonly options: RabbitmqStreamOptions;
  readonly machine: MachineOptions;
  readonly checkpoints: Checkpoints;
  /** Resolves when the destination has confirmed the records given up on. */
  readonly sendAway: (discard: Discard<EventRecord>) => Promise<void>;
  /** The destination's name, if there is one for these. */
  readonly sentTo: (condition: Condition) => string | undefined;
  readonly invoke: InvokeFunction;
  readonly timeoutMs: number;
  readonly tuning: StreamTuning;
  readonly passes: ((record: unknown) => boolean) | undefined;
}

/** One partition's event source mapping; it outlives connections. */
export interface PartitionMapping {
  /** @throws StreamClientError when the partition cannot be consumed */
  subscribe(client: StreamClient): Promise<void>;
  /** The connection is gone. */
  lost(): void;
  /** Drains: nothing is in flight then, the checkpoint is stored, and the subscription ended, for another worker to take over. */
  stop(): Promise<void>;
  /** Waits for nothing any more that is in flight; said again, nor for the checkpoint. */
  abandon(): void;
  /** Asks the broker how far the end is, and reports the distance; nothing while another worker is active. */
  measureLag(): Promise<void>;
  counts(): { readonly active: boolean; readonly inFlight: number; readonly inHand: number };
}

export function mapPartition(setting: PartitionSetting, context: SourceContext): PartitionMapping {
  const { stream, consumerName, options, checkpoints, passes, tuning } = setting;
  const { clock, random, logger, emit, outage } = context;
  const fields = { ...context.fields, partition: stream };
  const parts = { checkpoint: `checkpoint of ${stream}`, deadLetters: `dead letters of ${stream}` };
  const machine = createMachine<EventRecord>(setting.machine, random);
  const lag = lagMeter();
  const drained = Promise.withResolvers<void>();
  const abandoned = Promise.withResolvers<void>();
  const topicLevel = options.partitionKeyTopicLevel;
  const intake = partitionIntake(
    { stream, topicLevel, passes, records: (records) => report({ type: 'records', records }) },
    context,
  );
  let client: StreamClient | undefined;
  let consumer: PartitionConsumer | undefined;
  let owner: Ownership = NOBODY;
  /** Settles with the activation that is being answered. */
  let activating: Promise<unknown> | undefined;
  let stopping = false;
  let paused = false;
  let assigned = false;
  let released: () => void = () => undefined;
  let cancelTick: () => void = () => undefined;
  let tickAtMs: number | undefined;
  /** The stored checkpoint. */
  let stored: bigint | undefined;

  function report(happened: Input<EventRecord>): void {
    const nowMs = clock.nowMs();
    for (const output of machine.step(happened, nowMs)) perform(output);
    const nextMs = machine.nextTickMs();
    if (nextMs === tickAtMs) return;
    cancelTick();
    tickAtMs = nextMs;
    if (nextMs === undefined) return;
    cancelTick = clock.after(nextMs - nowMs, () => {
      tickAtMs = undefined;
      report({ type: 'tick' });
    });
  }

  function perform(output: Output<EventRecord>): void {
    switch (output.type) {
      case 'invoke':
        void invokeWith(output);
        return;
      case 'retry':
        for (const { offset } of output.records) {
          emit({
            type: 'recordRetried',
            messageId: `${stream}:${offset}`,
            attempt: output.attempt,
            delayMs: output.delayMs,
          });
        }
        return;
      case 'sendToDestination':
        void send(output.send, output);
        return;
      case 'discarded':
        discarded(output);
        return;
      case 'filtered':
        emit({ type: 'recordsFiltered', records: output.records });
        return;
      case 'storeCheckpoint':
        void store(output.store, output.offset);
        return;
      case 'pause':
        paused = true;
        consumer?.pause();
        return;
      case 'resume':
        paused = false;
        consumer?.resume();
        return;
      case 'released':
        released();
        return;
      case 'finished':
        drained.resolve();
    }
  }

  async function invokeWith({ batch, records, checkpoint }: Output<EventRecord> & { type: 'invoke' }): Promise<void> {
    const held = owner;
    const event = kinesisEvent(records, eventCheckpoint(setting, held, checkpoint));
    const ids = new Set(event.Records.map(({ kinesis }) => kinesis.sequenceNumber));
    const limits = { timeoutMs: setting.timeoutMs, reportBatchItemFailures: options.reportBatchItemFailures };
    const failures = await invokeBatch(setting.invoke, event, ids, limits, { ...context, fields });
    report({ type: 'settled', batch, failures });
    void fencedBy(held, failures);
  }

  /**
   * The handler was fenced out although the broker has given the partition to this worker: a take-over that came late, of
   * a worker that is gone or of this one's last connection. A new activation takes over anew.
   */
  async function fencedBy(held: Ownership, failures: BatchFailures): Promise<void> {
    if (!isFencedOut(failures) || held !== owner) return;
    try {
      // What the handler says is not proof enough; this moves nothing.
      if (stored !== undefined) await checkpoints.save(stream, held, stored);
      else fencedOut(held, failures);
    } catch (error) {
      fencedOut(held, error);
    }
  }

  function fencedOut(held: Ownership, error: unknown): void {
    if (held !== owner || client === undefined || !isFencedOut(error) || machine.counts().phase !== 'running') return;
    logger.warn('fenced out, but still the partition’s active consumer: connecting anew to take over', fields);
    client.fail(new StreamClientError('consumer_failed', `${stream}: fenced out by a take-over that came late`));
  }

  async function send(number: number, discard: Discard<EventRecord>): Promise<void> {
    const held = owner;
    try {
      await setting.sendAway(discard);
      outage.worked(parts.deadLetters);
      report({ type: 'sent', send: number });
    } catch (error) {
      if (held === owner) outage.failed(parts.deadLetters, error);
      report({ type: 'sendFailed', send: number });
    }
  }

  function discarded({ records, condition, invokeCount, failure }: Discard<EventRecord>): void {
    for (const { offset, problem } of records) {
      const messageId = `${stream}:${offset}`;
      const code = failure?.code ?? condition;
      emit({ type: 'recordDeadLettered', messageId, attempt: invokeCount, code });
      const why = { condition, failure, problem, sentTo: setting.sentTo(condition) };
      logger.error('record given up on', { ...fields, offset: String(offset), attempt: invokeCount, ...why });
    }
  }

  async function store(number: number, position: bigint): Promise<void> {
    const held = owner;
    try {
      await checkpoints.save(stream, held, position);
      outage.worked(parts.checkpoint);
      if (held === owner) stored = position;
      report({ type: 'checkpointStored', store: number });
    } catch (error) {
      // A former owner's is refused by the store, and concerns nobody.
      if (held === owner) outage.failed(parts.checkpoint, error);
      report({ type: 'checkpointFailed', store: number });
      fencedOut(held, error);
    }
  }

  async function activate(by: StreamClient): Promise<StartOffset> {
    // The subscription is about to end, and the next owner is not to be fenced out by this one.
    if (stopping) return startOf(options);
    const failed = (error: unknown) => {
      if (by === client) outage.failed(parts.checkpoint, error);
    };
    const { takeOverDeadlineMs: deadlineMs, takeOverDelay: delay } = tuning;
    const over = Promise.race([by.closed, abandoned.promise]);
    const taken = await untilDone(() => takeOver(setting, by), { deadlineMs, delay, context, failed, over });
    outage.worked(parts.checkpoint);
    if (by !== client) throw new Error(`the connection of ${stream} has ended`);
    if (!stopping) begin(by, taken);
    return taken.start;
  }

  function begin(by: StreamClient, taken: Taken): void {
    owner = taken.ownership;
    stored = owner.position;
    intake.begin(by, owner.position);
    lag.restart();
    paused = false;
    consumer?.resume();
    report({ type: 'activated', fromOffset: owner.position });
    assigned = true;
    emit({ type: 'partitionAssigned', partition: stream });
    logger.info('partition assigned', { ...fields, position: String(stored), epoch: String(owner.epoch) });
  }

  /** Lets what is in flight finish, for a time: the partition's next owner waits for this. */
  async function release(): Promise<void> {
    intake.clear();
    logger.debug('partition is to move', fields);
    if (machine.counts().active) {
      const done = Promise.withResolvers<void>();
      released = done.resolve;
      const cancel = clock.after(tuning.releaseDeadlineMs, () => {
        logger.warn('partition revoked before its invocations ended; what they did may be done again', fields);
        report({ type: 'deactivated' });
      });
      report({ type: 'release' });
      await done.promise;
      cancel();
    }
    revoked();
    forgetOutage();
  }

  function revoked(): void {
    owner = NOBODY;
    if (!assigned) return;
    assigned = false;
    emit({ type: 'partitionRevoked', partition: stream });
    logger.info('partition revoked', { ...fields, position: String(stored) });
  }

  /** What another worker does now is no outage of this one's. */
  function forgetOutage(): void {
    for (const part of Object.values(parts)) outage.worked(part);
  }

  return {
    async subscribe(by) {
      client = by;
      const subscribed = await consumePartition({
        client: by,
        stream,
        ...(options.superStream === undefined ? {} : { superStream: options.superStream }),
        consumerName,
        singleActive: true,
        offset: startOf(options),
        async onActive(active) {
          if (!active) await release();
          if (!active) return undefined;
          const answer = activate(by);
          activating = answer.catch((error: unknown) => error);
          return await answer;
        },
        onRecord: intake.received,
      });
      if (by !== client) return;
      consumer = subscribed;
      if (paused) subscribed.pause();
    },
    lost() {
      client = undefined;
      consumer = undefined;
      intake.clear();
      report({ type: 'deactivated' });
      revoked();
    },
    async stop() {
      stopping = true;
      report({ type: 'stop' });
      await drained.promise;
      // A take-over that comes after the next owner's would fence that one out.
      await Promise.race([activating, abandoned.promise]);
      cancelTick();
      await consumer?.close();
    },
    abandon() {
      abandoned.resolve();
      report({ type: 'abandon' });
    },
    async measureLag() {
      const asked = client;
      if (asked === undefined) return;
      if (!machine.counts().active) {
        if (consumer?.active === false) forgetOutage();
        return;
      }
      const statistics = await streamStatistics(asked, stream);
      const { active, inHand } = machine.counts();
      if (!active || asked !== client) return;
      const records = lag.measure(statistics, { stored, lastOffset: intake.lastOffset(), inHand });
      emit({ type: 'lagMeasured', partition: stream, consumer: consumerName, records: Number(records) });
    },
    counts: () => machine.counts(),
  };
}
