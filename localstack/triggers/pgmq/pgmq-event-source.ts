import type pg from 'pg';
import { type Clock, systemClock } from '../clock.ts';
import type { EventSource, InvokeFunction, Observe, TriggerLogger } from '../event-source.ts';
import { compileFilter } from '../filter-patterns.ts';
import { fullJitterMs } from '../jitter.ts';
import { sourceContext } from '../source-context.ts';
import { ensureQueue } from './ensure-queue.ts';
import { type QueueRecord, queueRecord } from './event.ts';
import { invokeBatch } from './invocation.ts';
import { initialState, step } from './machine.ts';
import type { Input, Output } from './machine-types.ts';
import type { PgmqOptions } from './options.ts';
import { outcomeWriter } from './outcome-writer.ts';
import { queueStore } from './queue-store.ts';
import { DRAIN_DEADLINE_DEFAULT_MS, MS_PER_S, machineOptions, RECONNECT_DELAY } from './tuning.ts';
import { openWakeUpSession, type WakeUpSession } from './wake-up-session.ts';

export interface PgmqEventSourceInput {
  /** The function's name, for logs and events. */
  readonly name: string;
  /** For reads and outcomes; three connections are enough. Stays the caller's: it is not ended here. */
  readonly pool: pg.Pool;
  /** Makes a connected client of its own for LISTEN; not through a pooler that shares sessions. */
  readonly connect: () => Promise<pg.Client>;
  /** As parsePgmqOptions returns them. */
  readonly options: PgmqOptions;
  /** The function's time-out: an invocation without an answer by then has failed. */
  readonly timeoutMs: number;
  readonly invoke: InvokeFunction;
  readonly logger: TriggerLogger;
  readonly observe?: Observe;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Between reads while asleep, should every notification be lost. */
  readonly pollIntervalMs?: number;
}

/**
 * Starts a mapping from a pgmq queue to a function, with the semantics of Lambda's SQS event source mapping. Creates
 * what is missing in the database. When the database cannot be reached it returns all the same and goes on trying.
 */
export async function startPgmqEventSource(input: PgmqEventSourceInput): Promise<EventSource> {
  const { pool, options, timeoutMs, invoke, logger } = input;
  const clock = input.clock ?? systemClock;
  const random = input.random ?? Math.random;
  const observe = input.observe ?? (() => undefined);
  const context = sourceContext({ source: options.queue, function: input.name }, { clock, random, logger, observe });
  const { emit, outage, fields } = context;
  const store = queueStore(pool, options.queue, options.deadLetterQueue);
  const writer = outcomeWriter(store, context);
  const machine = machineOptions(options, timeoutMs, input.pollIntervalMs);
  const passes = options.filterPatterns.length === 0 ? undefined : compileFilter(options.filterPatterns);

  let state = initialState<QueueRecord>();
  let cancelTick: () => void = () => undefined;
  let wakeUp: WakeUpSession | undefined;
  let ready = false;
  let stopPromise: Promise<void> | undefined;
  const drained = Promise.withResolvers<void>();

  function report(happened: Input<QueueRecord>): void {
    const nowMs = clock.nowMs();
    const next = step(state, happened, machine, { nowMs, random });
    state = next.state;
    cancelTick();
    if (next.tickAtMs !== undefined) cancelTick = clock.after(next.tickAtMs - nowMs, () => report({ type: 'tick' }));
    for (const output of next.outputs) perform(output);
  }

  async function read(count: number, asleep: boolean): Promise<void> {
    const startedMs = clock.nowMs();
    const visibleUntilMs = startedMs + options.visibilityTimeout * MS_PER_S;
    let answer: Input<QueueRecord>;
    try {
      const rows = await store.read(count, options.visibilityTimeout);
      emit({ type: 'sourceRead', records: rows.length, durationMs: clock.nowMs() - startedMs });
      const nextVisibleInMs = asleep && rows.length === 0 ? await store.nextVisibleInMs() : undefined;
      const records = rows.map((row) => queueRecord(row, options.queue, visibleUntilMs, passes));
      answer = { type: 'records', records, nextVisibleInMs };
      outage.worked('reading');
      if (asleep && rows.length > 0) emit({ type: 'woken', by: 'poll' });
    } catch (error) {
      outage.failed('reading', error);
      answer = { type: 'readFailed' };
    }
    report(answer);
  }

  function perform(output: Output<QueueRecord>): void {
    switch (output.type) {
      case 'read':
        void read(output.count, output.askNextVisible);
        return;
      case 'arm':
        void wakeUp?.arm().then(() => report({ type: 'armed' }));
        return;
      case 'disarm':
        wakeUp?.disarm();
        return;
      case 'invoke': {
        const limits = { timeoutMs, reportBatchItemFailures: options.reportBatchItemFailures };
        void invokeBatch(invoke, output.records, limits, context).then((failures) =>
          report({ type: 'settled', batch: output.batch, failures }),
        );
        return;
      }
      case 'delete':
        if (output.reason === 'filtered') emit({ type: 'recordsFiltered', records: output.records.length });
        writer.write(output.records.map((record) => ({ type: 'delete', record })));
        return;
      case 'retry': {
        const { record, delayMs, counted } = output;
        emit({ type: 'recordRetried', messageId: record.id, attempt: record.attempt, delayMs });
        writer.write([{ type: 'retry', record, delayMs, counted }]);
        return;
      }
      case 'deadLetter':
        writer.write([{ type: 'deadLetter', record: output.record, failure: output.failure }]);
        return;
      case 'giveBack':
        writer.write(output.records.map((record) => ({ type: 'giveBack', record })));
        return;
      case 'stopped':
        if (output.unsettled.length > 0) {
          const messageIds = output.unsettled.map((record) => record.id);
          logger.warn('drain deadline passed; records in flight are delivered again', { ...fields, messageIds });
        }
        drained.resolve();
    }
  }

  async function prepare(attempt: number): Promise<void> {
    try {
      await ensureQueue(pool, options.queue, options.deadLetterQueue);
    } catch (error) {
      if (stopPromise !== undefined) return;
      outage.failed('preparing', error);
      cancelTick = clock.after(fullJitterMs(attempt, RECONNECT_DELAY, random()), () => void prepare(attempt + 1));
      return;
    }
    outage.worked('preparing');
    if (stopPromise !== undefined) return;
    ready = true;
    wakeUp = openWakeUpSession(input.connect, options.queue, woken, context);
    report({ type: 'start' });
    logger.info('event source reads', fields);
  }

  function woken(by: 'notify' | 'poll'): void {
    if (by === 'notify') emit({ type: 'woken', by });
    report({ type: 'woken' });
  }

  async function drain(deadlineMs: number): Promise<void> {
    const startedMs = clock.nowMs();
    cancelTick();
    const deadline = Promise.withResolvers<'deadline'>();
    const cancelDeadline = clock.after(deadlineMs, () => deadline.resolve('deadline'));
    report({ type: 'stop' });
    const settled = drained.promise.then(() => writer.idle());
    if ((await Promise.race([settled, deadline.promise])) === 'deadline') {
      report({ type: 'abandon' });
      const lost = writer.abandon();
      if (lost.length > 0) {
        const messageIds = lost.map((record) => record.id);
        logger.warn('drain deadline passed; outcomes not written, their records are delivered again', {
          ...fields,
          messageIds,
        });
      }
    }
    cancelDeadline();
    await wakeUp?.close();
    logger.info('event source stopped', { ...fields, afterMs: Math.round(clock.nowMs() - startedMs) });
  }

  await prepare(1);

  return {
    stop({ deadlineMs = DRAIN_DEADLINE_DEFAULT_MS } = {}) {
      stopPromise ??= drain(deadlineMs);
      return stopPromise;
    },
    health() {
      const lastFailure = outage.current();
      return {
        status: healthStatus(),
        invocationsInFlight: state.inFlight.size,
        recordsWaiting: [...state.lanes.values()].reduce((sum, lane) => sum + lane.length, 0),
        ...(lastFailure === undefined ? {} : { lastFailure }),
      };
    },
  };

  function healthStatus() {
    if (state.phase === 'stopped') return 'stopped';
    if (stopPromise !== undefined) return 'draining';
    if (outage.current() !== undefined) return 'reconnecting';
    return ready ? 'running' : 'starting';
  }
}
