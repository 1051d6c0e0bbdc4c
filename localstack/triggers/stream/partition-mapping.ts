import type { InvokeFunction } from '../event-source.ts';
import { failureOf } from '../failure.ts';
import { invokeBatch } from '../invoke-batch.ts';
import type { SourceContext } from '../source-context.ts';
import type { StreamClient } from '../stream-client/client.ts';
import type { StreamRecord } from '../stream-client/delivery-queue.ts';
import { streamStatistics } from '../stream-client/offsets.ts';
import { consumePartition, type PartitionConsumer } from '../stream-client/partition.ts';
import type { StartOffset } from '../stream-client/wire.ts';
import { type Checkpoints, consumerOf, type Ownership } from './checkpoint-store.ts';
import { type EventCheckpoint, type EventRecord, eventRecord, kinesisEvent } from './event.ts';
import { lagMeter } from './lag.ts';
import { createMachine } from './machine.ts';
import type { Discard, Input, MachineOptions, Output } from './machine-types.ts';
import type { RabbitmqStreamOptions } from './options.ts';
import { RELEASE_DEADLINE_MS, TAKE_OVER_DEADLINE_MS, TAKE_OVER_DELAY } from './tuning.ts';
import { untilDone } from './until-done.ts';

export interface PartitionSetting {
  readonly stream: string;
  readonly consumerName: string;
  readonly options: RabbitmqStreamOptions;
  readonly machine: MachineOptions;
  readonly checkpoints: Checkpoints;
  /** Resolves when the destination has confirmed the records given up on. */
  readonly sendAway: (discard: Discard<EventRecord>) => Promise<void>;
  readonly invoke: InvokeFunction;
  readonly timeoutMs: number;
  readonly passes: ((record: unknown) => boolean) | undefined;
}

/** One partition's event source mapping; it outlives connections. */
export interface PartitionMapping {
  /** @throws StreamClientError when the partition cannot be consumed */
  subscribe(client: StreamClient): Promise<void>;
  /** The connection is gone. */
  lost(): void;
  /** Drains; resolves when nothing is in flight and the checkpoint is stored. */
  stop(): Promise<void>;
  abandon(): void;
  /** Ends the subscription: another worker takes over. */
  unsubscribe(): Promise<void>;
  /** Asks the broker how far the end is, and reports the distance; nothing while another worker is active. */
  measureLag(): Promise<void>;
  counts(): { readonly active: boolean; readonly inFlight: number; readonly inHand: number };
}

function startOf({ startingPosition, startingPositionTimestampMs }: RabbitmqStreamOptions): StartOffset {
  if (startingPosition === 'TRIM_HORIZON') return 'first';
  return startingPosition === 'LATEST' ? 'next' : new Date(startingPositionTimestampMs ?? 0);
}

export function mapPartition(setting: PartitionSetting, context: SourceContext): PartitionMapping {
  const { stream, consumerName, options, checkpoints, passes } = setting;
  const { clock, random, logger, emit, outage } = context;
  const fields = { ...context.fields, partition: stream };
  const machine = createMachine<EventRecord>(setting.machine, random);
  const lag = lagMeter();
  const drained = Promise.withResolvers<void>();
  let client: StreamClient | undefined;
  let consumer: PartitionConsumer | undefined;
  let owner: Ownership = { position: undefined, epoch: undefined };
  let pending: EventRecord[] = [];
  let paused = false;
  let assigned = false;
  let released: () => void = () => undefined;
  let cancelTick: () => void = () => undefined;
  let tickAtMs: number | undefined;
  /** Undefined: nothing was read in this activation yet. */
  let lastOffset: bigint | undefined;
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
    const event = kinesisEvent(records, eventCheckpoint(checkpoint));
    const ids = new Set(records.map(({ offset }) => String(offset)));
    const limits = { timeoutMs: setting.timeoutMs, reportBatchItemFailures: options.reportBatchItemFailures };
    const failures = await invokeBatch(setting.invoke, event, ids, limits, { ...context, fields });
    report({ type: 'settled', batch, failures });
  }

  function eventCheckpoint(position: bigint | undefined): EventCheckpoint | undefined {
    if (owner.epoch === undefined) return undefined;
    const fence = { consumer: consumerOf(consumerName, stream), epoch: String(owner.epoch) };
    return position === undefined ? fence : { ...fence, position: String(position) };
  }

  async function send(number: number, discard: Discard<EventRecord>): Promise<void> {
    try {
      await setting.sendAway(discard);
      outage.worked(`dead letters of ${stream}`);
      report({ type: 'sent', send: number });
    } catch (error) {
      outage.failed(`dead letters of ${stream}`, error);
      report({ type: 'sendFailed', send: number });
    }
  }

  function discarded({ records, condition, invokeCount, failure }: Discard<EventRecord>): void {
    for (const { offset, problem } of records) {
      const messageId = `${stream}:${offset}`;
      const code = failure?.code ?? condition;
      emit({ type: 'recordDeadLettered', messageId, attempt: invokeCount, code });
      const why = { condition, failure, problem, sentTo: options.onFailure };
      logger.error('record given up on', { ...fields, offset: String(offset), attempt: invokeCount, ...why });
    }
  }

  async function store(number: number, position: bigint): Promise<void> {
    try {
      await checkpoints.save(stream, owner, position);
      stored = position;
      outage.worked(`checkpoint of ${stream}`);
      report({ type: 'checkpointStored', store: number });
    } catch (error) {
      // A former owner's is refused by the store; it stops being active as soon as the broker says so.
      outage.failed(`checkpoint of ${stream}`, error);
      report({ type: 'checkpointFailed', store: number });
    }
  }

  /** Records of one turn go to the machine together. */
  function received(record: StreamRecord): undefined {
    noteGap(record.offset);
    const clockAheadMs = clock.nowMs() - Date.now();
    const topicLevel = options.partitionKeyTopicLevel;
    pending.push(eventRecord(record, { stream, topicLevel, passes, clockAheadMs }));
    if (pending.length === 1) queueMicrotask(flush);
  }

  function flush(): void {
    const records = pending;
    pending = [];
    if (records.length > 0) report({ type: 'records', records });
  }

  /** Offsets also skip what the broker keeps for itself, so a gap alone proves no loss. */
  function noteGap(offset: bigint): void {
    const expected = lastOffset === undefined ? stored : lastOffset + 1n;
    lastOffset = offset;
    if (expected !== undefined && offset > expected && client !== undefined) void countLost(client, expected);
  }

  async function countLost(asked: StreamClient, expected: bigint): Promise<void> {
    try {
      const { firstOffset } = await streamStatistics(asked, stream);
      if (firstOffset === undefined || firstOffset <= expected) return;
      const records = Number(firstOffset - expected);
      emit({ type: 'recordsLost', records, partition: stream });
      logger.error('records lost: the stream’s retention removed them before they were read', {
        ...fields,
        records,
        fromOffset: String(expected),
        firstOffset: String(firstOffset),
      });
    } catch (error) {
      logger.warn('not known whether records were lost: the stream’s statistics failed', {
        ...fields,
        error: failureOf(error),
      });
    }
  }

  async function activate(by: StreamClient): Promise<StartOffset> {
    const taken = await untilDone(() => checkpoints.takeOver(stream), {
      deadlineMs: TAKE_OVER_DEADLINE_MS,
      delay: TAKE_OVER_DELAY,
      context,
      failed: (error) => outage.failed(`checkpoint of ${stream}`, error),
      isOver: () => by !== client || by.failed() !== undefined,
    });
    outage.worked(`checkpoint of ${stream}`);
    if (by !== client) throw new Error(`the connection of ${stream} has ended`);
    owner = taken;
    stored = taken.position;
    lastOffset = undefined;
    pending = [];
    paused = false;
    consumer?.resume();
    report({ type: 'activated', fromOffset: taken.position });
    assigned = true;
    emit({ type: 'partitionAssigned', partition: stream });
    logger.info('partition assigned', { ...fields, position: String(taken.position), epoch: String(taken.epoch) });
    return taken.position ?? startOf(options);
  }

  /** Lets what is in flight finish, for a time: the partition's next owner waits for this. */
  async function release(): Promise<void> {
    if (!machine.counts().active) return;
    const done = new Promise<void>((resolve) => {
      released = resolve;
    });
    const cancel = clock.after(RELEASE_DEADLINE_MS, () => {
      logger.warn('partition revoked before its invocations ended; what they did may be done again', fields);
      report({ type: 'deactivated' });
    });
    report({ type: 'release' });
    await done;
    cancel();
    revoked();
  }

  function revoked(): void {
    if (!assigned) return;
    assigned = false;
    emit({ type: 'partitionRevoked', partition: stream });
    logger.info('partition revoked', { ...fields, position: String(stored) });
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
        onActive: (active) => (active ? activate(by) : release().then(() => undefined)),
        onRecord: received,
      });
      consumer = subscribed;
      if (paused) subscribed.pause();
    },
    lost() {
      client = undefined;
      consumer = undefined;
      pending = [];
      report({ type: 'deactivated' });
      revoked();
    },
    async stop() {
      report({ type: 'stop' });
      await drained.promise;
      cancelTick();
    },
    abandon: () => report({ type: 'abandon' }),
    async unsubscribe() {
      await consumer?.close();
    },
    async measureLag() {
      const asked = client;
      if (asked === undefined || !machine.counts().active) return;
      const records = lag.measure(await streamStatistics(asked, stream), {
        stored,
        lastOffset,
        inHand: machine.counts().inHand,
      });
      emit({ type: 'lagMeasured', partition: stream, consumer: consumerName, records: Number(records) });
    },
    counts: () => machine.counts(),
  };
}
