import type { BatchFailures } from '../batch-response.ts';
import type { SourceContext } from '../source-context.ts';
import type { StreamClient } from '../stream-client/client.ts';
import { streamStatistics } from '../stream-client/offsets.ts';
import { consumePartition, type PartitionConsumer } from '../stream-client/partition.ts';
import { StreamClientError } from '../stream-client/stream-error.ts';
import type { StartOffset } from '../stream-client/wire.ts';
import type { Ownership } from './checkpoint-store.ts';
import type { EventRecord } from './event.ts';
import { partitionIntake } from './intake.ts';
import { invokeRecords } from './invoke-records.ts';
import { keptCheckpoint } from './kept-checkpoint.ts';
import { lagMeter } from './lag.ts';
import { createMachine } from './machine.ts';
import type { Discard, Output } from './machine-types.ts';
import { eventCheckpoint, isFencedOut, startOf, type Taken, takeOver } from './owning.ts';
import type { PartitionMapping, PartitionSetting } from './partition-types.ts';
import { runMachine } from './run-machine.ts';
import { tellOfPartition } from './tell-of-partition.ts';

export function mapPartition(setting: PartitionSetting, context: SourceContext): PartitionMapping {
  const { stream, consumerName, options, passes, isPassable, tuning } = setting;
  const { clock, random, logger, emit, outage } = context;
  const fields = { ...context.fields, partition: stream };
  const parts = { checkpoint: `checkpoint of ${stream}`, deadLetters: `dead letters of ${stream}` };
  const machine = createMachine<EventRecord>(setting.machine, random);
  const { report, cancelTick } = runMachine(machine, clock, perform);
  const lag = lagMeter();
  const checkpoint = keptCheckpoint(stream, setting.checkpoints);
  const tell = tellOfPartition(setting, context);
  const drained = Promise.withResolvers<void>();
  const abandoned = Promise.withResolvers<void>();
  const topicLevel = options.partitionKeyTopicLevel;
  const intake = partitionIntake(
    { stream, topicLevel, passes, isPassable, records: (records) => report({ type: 'records', records }) },
    context,
  );
  let client: StreamClient | undefined;
  let consumer: PartitionConsumer | undefined;
  /** Settles with the activation that is being answered. */
  let activating: Promise<unknown> | undefined;
  let stopping = false;
  let paused = false;
  let assigned = false;
  let released: () => void = () => undefined;
  let behind: number | undefined;

  function perform(output: Output<EventRecord>): void {
    switch (output.type) {
      case 'invoke':
        void invokeWith(output);
        return;
      case 'sendToDestination':
        void send(output.send, output);
        return;
      case 'retry':
      case 'discarded':
      case 'filtered':
        tell.of(output);
        return;
      case 'storeCheckpoint':
        void store(output.store, output.offset);
        return;
      case 'pause':
      case 'resume':
        setPaused(output.type === 'pause');
        return;
      case 'released':
        released();
        return;
      case 'finished':
        drained.resolve();
    }
  }

  function setPaused(now: boolean): void {
    paused = now;
    if (now) consumer?.pause();
    else consumer?.resume();
  }

  async function invokeWith(invoke: Output<EventRecord> & { type: 'invoke' }): Promise<void> {
    const held = checkpoint.owner();
    const announced = eventCheckpoint(setting, held, invoke.checkpoint);
    const failures = await invokeRecords(setting, invoke.records, announced, context);
    report({ type: 'settled', batch: invoke.batch, failures });
    void fencedBy(held, failures);
  }

  /**
   * The handler was fenced out although the broker has given the partition to this worker: a take-over that came late, of
   * a worker that is gone or of this one's last connection. A new activation takes over anew.
   */
  async function fencedBy(held: Ownership, failures: BatchFailures): Promise<void> {
    if (!isFencedOut(failures) || held !== checkpoint.owner()) return;
    // What the handler says is not proof enough.
    await checkpoint.prove(held, failures).catch((error: unknown) => fencedOut(held, error));
  }

  function fencedOut(held: Ownership, error: unknown): void {
    if (held !== checkpoint.owner() || client === undefined) return;
    if (!isFencedOut(error) || machine.counts().phase !== 'running') return;
    logger.warn('fenced out, but still the partition’s active consumer: connecting anew to take over', fields);
    client.fail(new StreamClientError('consumer_failed', `${stream}: fenced out by a take-over that came late`));
  }

  async function send(number: number, discard: Discard<EventRecord>): Promise<void> {
    const held = checkpoint.owner();
    try {
      await setting.sendAway(discard);
      outage.worked(parts.deadLetters);
      report({ type: 'sent', send: number });
    } catch (error) {
      if (held === checkpoint.owner()) outage.failed(parts.deadLetters, error);
      report({ type: 'sendFailed', send: number });
    }
  }

  async function store(number: number, position: bigint): Promise<void> {
    const held = checkpoint.owner();
    try {
      await checkpoint.reached(held, position);
      outage.worked(parts.checkpoint);
      report({ type: 'checkpointStored', store: number });
    } catch (error) {
      // A former owner's is refused by the store, and concerns nobody.
      if (held === checkpoint.owner()) outage.failed(parts.checkpoint, error);
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
    const over = Promise.race([by.closed, abandoned.promise]);
    const taken = await takeOver(setting, by, checkpoint.stored(), { context, failed, over });
    if (by !== client) throw new Error(`the connection of ${stream} has ended`);
    if (taken.problem !== undefined) hold(taken.problem);
    else if (!stopping) begin(by, taken);
    return taken.start;
  }

  /** So that no other worker goes on with it; the other partitions are not held up. */
  function hold(problem: string): void {
    setPaused(true);
    tell.held(problem, parts.checkpoint);
  }

  function begin(by: StreamClient, taken: Taken): void {
    outage.worked(parts.checkpoint);
    checkpoint.begin(taken.ownership);
    intake.begin(by, checkpoint.stored());
    lag.restart();
    setPaused(false);
    report({ type: 'activated', fromOffset: taken.ownership.position });
    assigned = true;
    tell.assigned(checkpoint.stored(), taken.ownership.epoch);
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
    checkpoint.end();
    behind = undefined;
    if (!assigned) return;
    assigned = false;
    tell.revoked(checkpoint.handled());
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
          if (!active) return void (await release());
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
      if (!machine.counts().active && consumer?.active === false) forgetOutage();
      if (asked === undefined || !machine.counts().active) return;
      const statistics = await streamStatistics(asked, stream);
      const { active, inHand } = machine.counts();
      if (!active || asked !== client) return;
      behind = Number(
        lag.measure(statistics, { checkpoint: checkpoint.handled(), lastOffset: intake.lastOffset(), inHand }),
      );
      emit({ type: 'lagMeasured', partition: stream, consumer: consumerName, records: behind });
    },
    behind: () => behind,
    counts: () => machine.counts(),
  };
}
